//! Configures the linker: Node provides the addon's missing symbols.

fn main() {
    napi_build::setup();
}
