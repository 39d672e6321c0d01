"""The journal: frames in segments, synced before anybody hears of them."""
