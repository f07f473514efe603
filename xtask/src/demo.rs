//! x
#[derive(clap::Args)]
pub(crate) struct Options {}
pub(crate) fn run(_: &std::path::Path, _: &Options) -> anyhow::Result<()> {
    Ok(())
}
