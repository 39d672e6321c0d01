"""Reading what people said and did: own words parted from others', sentences with their signs, one data file a language."""
