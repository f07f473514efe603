//! A loopback server for benchmarks that is faster than any client: prints its address, then serves until standard input closes.
//!
//! Invariant: replies are rendered once and then only written, on one thread, so that the other processors are free for the client. The server
//! ends with the process that started it, also if that is killed.

mod anthropic;
mod openai;
mod reply;
mod rows;
mod serve;
mod spec;
mod text;

use anyhow::Result;
use tokio::io::AsyncReadExt;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let listener = serve::listen()?;
        println!("http://{}", listener.local_addr()?);
        let (mut input, mut rest) = (tokio::io::stdin(), Vec::new());
        tokio::select! {
            () = serve::accept(listener) => Ok(()),
            ended = input.read_to_end(&mut rest) => ended.map(drop).map_err(Into::into),
        }
    })
}
