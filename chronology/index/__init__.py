"""The bitmap index of events: counts, facets and pages of any filter, exact at every head."""
