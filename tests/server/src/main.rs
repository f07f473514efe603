//! The test server as a program.
//!
//! Prints its URL and serves until standard input ends. It therefore exits with the process that started it, even if that process is
//! killed.

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use tokio::io::AsyncReadExt;
use trilogue_test_server::{Server, load};

/// Replays the vectors of a folder over HTTP.
#[derive(Parser)]
struct Arguments {
    /// Folder with the vectors.
    vectors: PathBuf,
    /// Port on the loopback interface; 0 selects a free port.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let vectors = load(&arguments.vectors)?;
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(async {
        let server = Server::start(vectors, arguments.port).await?;
        println!("{}", server.url());
        let (mut input, mut rest) = (tokio::io::stdin(), Vec::new());
        tokio::select! {
            ended = server.wait() => ended,
            _ = input.read_to_end(&mut rest) => Ok(()),
        }
    })
}
