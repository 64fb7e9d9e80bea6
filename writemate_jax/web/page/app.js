// The page's wiring.
