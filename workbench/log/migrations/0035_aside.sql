-- Records of the journal that the tables cannot take, so that they stand in nothing's way. The journal keeps them.

CREATE TABLE kept.aside (position BIGINT NOT NULL, session_id VARCHAR, seq BIGINT, reason VARCHAR NOT NULL);
