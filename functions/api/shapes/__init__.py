"""What the API takes and answers: pydantic models, one file per resource."""
