"""The bitmap index of events: counts, facets and pages of any filter, up to date at every head."""
