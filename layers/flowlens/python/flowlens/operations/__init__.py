"""Operations: retention and partition arithmetic, as values."""
