module keycask

go 1.24.0
