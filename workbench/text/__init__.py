"""Text on its way to people: what steers or hides is named, and lines end where files end them."""
