//! The program `webcared`: sets up what the whole process shares and hands over to the command
//! line. Everything else is in the library, where tests reach it.

use std::process::ExitCode;

/// Gives freed pages back to the system within moments; the C library's keeps them, and an idle daemon
/// would stay as large as its busiest minute.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Every TLS connection uses ring. It fails only if one was installed before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    webcared::cli::main()
}
