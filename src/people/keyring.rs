//! The key by which secrets of apps are sealed: it stands in a file beside the database, never in it.

use super::{People, PeopleError};
use crate::clock::Chance;
use crate::sealing::Seal;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use std::fs::{File, OpenOptions, create_dir_all};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The file in the data folder.
const FILE: &str = "login.key";
/// For what it seals.
const PURPOSE: &[u8] = b"webcared: secret of an app for codes, form 1";
const KEY_BYTES_MAX: u64 = 4096;

/// The key of a data folder; made at the first time, and for its owner alone to read.
///
/// # Errors
/// The disk's.
pub fn key_in(folder: &Path, chance: &Chance) -> io::Result<SecretString> {
    create_dir_all(folder)?;
    let path = folder.join(FILE);
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    match made {
        Ok(mut file) => {
            let text = URL_SAFE_NO_PAD.encode(chance.token_bytes());
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            Ok(text.into())
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let mut text = String::new();
            File::open(&path)?.take(KEY_BYTES_MAX).read_to_string(&mut text)?;
            if text.trim().is_empty() {
                return Err(io::Error::new(ErrorKind::InvalidData, format!("{FILE} is empty")));
            }
            Ok(text.trim().to_owned().into())
        }
        Err(error) => Err(error),
    }
}

impl People {
    /// The seal of somebody's secret.
    pub(super) fn seal(&self, person: &str) -> Result<Seal, PeopleError> {
        let seal = self.key.as_ref().and_then(|key| Seal::new(key, PURPOSE, person));
        seal.ok_or_else(|| PeopleError::Invalid("there is no key to seal secrets by".to_owned()))
    }

    /// Opens somebody's secret. One that does not open is told to whoever runs this, not to whoever logs in.
    pub(super) fn opened(&self, person: &str, sealed: &[u8]) -> Result<Option<Vec<u8>>, PeopleError> {
        let secret = self.seal(person)?.open(sealed);
        if secret.is_none() {
            tracing::error!(
                person.id = person,
                "the secret of an app for codes does not open: is the key the one by which it was sealed?"
            );
        }
        Ok(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("data");
        let one = key_in(&inside, &Chance::seeded(1)).unwrap();
        let two = key_in(&inside, &Chance::seeded(2)).unwrap();
        assert_eq!(one.expose_secret(), two.expose_secret());
        assert_eq!(std::fs::metadata(inside.join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(inside.join(FILE), " \n").unwrap();
        assert!(key_in(&inside, &Chance::seeded(3)).is_err());
    }
}
