//! Opening of the page in the person's browser, without a secret in a command line, which every user of the machine can
//! read: the browser is given a file that is its user's alone and leads on to the page.

use std::fs::{File, OpenOptions};
use std::io::{Result, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use lanstream::Server;

/// Time for a browser to start and come to the page.
const TICKET_LIFETIME: Duration = Duration::from_secs(120);

/// The file, which is removed when this goes.
#[derive(Debug)]
pub(crate) struct Redirect {
    path: PathBuf,
}

impl Redirect {
    /// Writes the file and gives it to the browser.
    ///
    /// # Errors
    /// Where the file can't be made, or no browser be started.
    pub(crate) fn open(server: &Server) -> Result<Self> {
        // The system's folder for what is a user's alone and ends with the session; elsewhere the file's own mode does.
        let folder = std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let mut name = [0; 8];
        getrandom::fill(&mut name).map_err(std::io::Error::from)?;
        let path = folder.join(format!("lanstream-{:016x}.html", u64::from_le_bytes(name)));
        let mut file = create(&path)?;
        let redirect = Self { path };
        // It is good once, so that neither the browser's history nor a file that is left behind has a secret.
        file.write_all(page(&server.ticket_url(TICKET_LIFETIME)).as_bytes())?;
        open::that_detached(&redirect.path)?;
        Ok(redirect)
    }
}

impl Drop for Redirect {
    fn drop(&mut self) {
        let _gone_already = std::fs::remove_file(&self.path);
    }
}

fn create(path: &std::path::Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// `url` consists of letters, digits and `:/.#[]`.
fn page(url: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta http-equiv=\"refresh\" content=\"0; url={url}\">\n<title>lanstream</title>\n\
         <a href=\"{url}\">lanstream</a>\n"
    )
}
