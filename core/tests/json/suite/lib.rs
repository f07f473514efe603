//! Empty: the package exists only for its dependency.
