"""The REST API: resources, filters, pages, errors; it calls services and boards."""
