//! Owns the sections `tls` of `traffic`: files with certificates and keys.

use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;
use weft_engine::{Tls, TlsError};

use super::Resolving;
use crate::config::yaml::Located;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Tls")]
pub struct RawTls {
    /// A file with the certificates, in PEM, of who signs for the service, in place of those whom the system trusts.
    #[schemars(example = "certs/ca.pem")]
    ca: Option<Located<String>>,
    /// A file with the gateway's own certificate, in PEM, and with those up to one that the service trusts. For services that ask
    /// who calls.
    #[schemars(example = "certs/gateway.pem")]
    certificate: Option<Located<String>>,
    /// A file with the key of `certificate`, in PEM.
    #[schemars(example = "certs/gateway.key")]
    key: Option<Located<String>>,
}

impl RawTls {
    /// `None` where something is wrong, which has been told then.
    pub fn resolve(self, resolving: &mut Resolving<'_>, folder: &Path) -> Option<Tls> {
        let identity = match (self.certificate, self.key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (Some(alone), None) | (None, Some(alone)) => {
                let help = "give both, or neither";
                resolving.error(
                    &alone.span,
                    "a certificate is of use with its `key` alone, and a key with its `certificate`",
                    help,
                );
                return None;
            }
        };
        let places = (self.ca.clone(), identity.as_ref().map(|(certificate, _)| certificate.clone()));
        let ca = self.ca.map(|file| read(&file, resolving, folder));
        let identity =
            identity.map(|(certificate, key)| (read(&certificate, resolving, folder), read(&key, resolving, folder)));
        // What cannot be read has been told of.
        let ca = match ca {
            Some(read) => Some(read?),
            None => None,
        };
        let identity = match identity {
            Some((certificate, key)) => Some((certificate?, key?)),
            None => None,
        };
        let (why, place) = match Tls::new(ca, identity) {
            Ok(tls) => return Some(tls),
            Err(TlsError::Authorities(why)) => (why, places.0),
            Err(TlsError::Identity(why)) => (why, places.1),
        };
        if let Some(place) = place {
            let message = format!("{} cannot be used: {why}", folder.join(&place.value).display());
            resolving.error(&place.span, message, "a file in PEM begins with `-----BEGIN`");
        }
        None
    }
}

fn read(file: &Located<String>, resolving: &mut Resolving<'_>, folder: &Path) -> Option<Vec<u8>> {
    match resolving.files.read(&folder.join(&file.value)) {
        Ok(pem) => Some(pem),
        Err(error) => {
            let message = format!("cannot read {}: {error}", folder.join(&file.value).display());
            resolving.error(&file.span, message, "paths are relative to the folder of the configuration");
            None
        }
    }
}
