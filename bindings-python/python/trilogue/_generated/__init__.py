"""Code that `cargo xtask codegen` writes from the Rust types; see `README.md`."""
