"""Files of annexes: .xlsx, .docx and .csv, read into grids of cells."""
