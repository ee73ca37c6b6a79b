//! The program `webcared`: sets up what the whole process shares and hands over to the command
//! line. Everything else is in the library, where tests reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Every TLS connection uses ring. It fails only if one was installed before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    webcared::cli::main()
}
