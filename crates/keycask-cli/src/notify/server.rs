//! The mail server that was named, and how it is spoken to.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use lettre::SmtpTransport;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};

use crate::args::NotifyArgs;
use crate::context::environment;
use crate::failure::Failure;

/// How long the server may take for one step.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Submission with STARTTLS, and with TLS from the first byte. Source: RFC 8314, section 3.
const PORT: u16 = 587;
const TLS_PORT: u16 = 465;

const USER: &str = "KEYCASK_SMTP_USER";
const PASSWORD: &str = "KEYCASK_SMTP_PASSWORD";

/// A mail server.
pub(crate) struct Server {
    address: Address,
    tls: Tls,
    credentials: Option<Credentials>,
}

impl Server {
    /// What the arguments and the environment say of it.
    pub(crate) fn of(args: &NotifyArgs) -> Result<Self, Failure> {
        let address = Address::parse(&args.smtp)?;
        let tls = tls(&address, args)?;
        Ok(Self { address, tls, credentials: credentials(args)? })
    }

    /// Its name.
    pub(crate) fn host(&self) -> &str {
        &self.address.host
    }

    /// A way to it that holds at most one connection.
    pub(crate) fn transport(&self) -> SmtpTransport {
        let builder = SmtpTransport::builder_dangerous(&self.address.host)
            .port(self.address.port)
            .tls(self.tls.clone())
            .timeout(Some(TIMEOUT))
            .pool_config(PoolConfig::new().max_size(1));
        match &self.credentials {
            Some(credentials) => builder.credentials(credentials.clone()).build(),
            None => builder.build(),
        }
    }
}

/// Where it is, and whether TLS comes first.
#[derive(Debug, PartialEq, Eq)]
struct Address {
    host: String,
    port: u16,
    tls_first: bool,
}

impl Address {
    /// The text is never repeated: a password may have been put into it.
    fn parse(url: &str) -> Result<Self, Failure> {
        let wrong = || Failure::argument("--smtp: write smtp://HOST[:PORT] or smtps://HOST[:PORT]");
        let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
        let tls_first = match scheme {
            "smtp" => false,
            "smtps" => true,
            _ => return Err(wrong()),
        };
        if rest.contains('@') {
            let message =
                format!("--smtp: name the server only; the user goes to {USER}, the password to {PASSWORD}");
            return Err(Failure::argument(message));
        }
        let (host, port) = split_port(rest.strip_suffix('/').unwrap_or(rest)).ok_or_else(wrong)?;
        let default = if tls_first { TLS_PORT } else { PORT };
        let port = port.map_or(Ok(default), |port| port.parse().map_err(|_| wrong()))?;
        let in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if port == 0 || host.is_empty() || !(host.chars().all(in_name) || host.parse::<IpAddr>().is_ok()) {
            return Err(wrong());
        }
        Ok(Self { host: host.to_owned(), port, tls_first })
    }

    /// Whether nothing leaves the machine on the way to it.
    fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// `HOST`, `HOST:PORT`, `[ADDRESS]` and `[ADDRESS]:PORT`. Source: RFC 3986, section 3.2.2.
fn split_port(text: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, port) = rest.split_once(']')?;
        return match port.strip_prefix(':') {
            Some(port) => Some((host, Some(port))),
            None => port.is_empty().then_some((host, None)),
        };
    }
    match text.split_once(':') {
        Some((host, port)) => Some((host, Some(port))),
        None => Some((text, None)),
    }
}

fn tls(address: &Address, args: &NotifyArgs) -> Result<Tls, Failure> {
    if args.smtp_plaintext {
        if address.tls_first || args.ca_file.is_some() {
            return Err(Failure::usage("--smtp-plaintext contradicts smtps:// and --ca-file"));
        }
        if !address.is_loopback() {
            return Err(Failure::usage(
                "--smtp-plaintext is for a server on this machine: use STARTTLS or smtps://",
            ));
        }
        return Ok(Tls::None);
    }
    let mut builder = TlsParameters::builder(address.host.clone());
    if let Some(path) = &args.ca_file {
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificates(path)?);
    }
    let parameters = builder.build().map_err(|error| Failure::argument(format!("--ca-file: {error}")))?;
    Ok(if address.tls_first { Tls::Wrapper(parameters) } else { Tls::Required(parameters) })
}

/// The certificates of a PEM file; one without any would trust nobody.
fn certificates(path: &Path) -> Result<Certificate, Failure> {
    let pem = read("--ca-file", path)?;
    let missing = || Failure::argument(format!("--ca-file: {} holds no PEM certificate", path.display()));
    if !pem.contains("-----BEGIN CERTIFICATE-----") {
        return Err(missing());
    }
    Certificate::from_pem(pem.as_bytes()).map_err(|_| missing())
}

/// The password comes from a file or the environment, never from an argument.
fn credentials(args: &NotifyArgs) -> Result<Option<Credentials>, Failure> {
    let user = match &args.smtp_user {
        Some(user) => Some(user.clone()),
        None => variable(USER)?,
    };
    let password = match &args.password_file {
        Some(path) => Some(first_line(&read("--password-file", path)?)),
        None => variable(PASSWORD)?,
    };
    match (user, password) {
        (None, None) => Ok(None),
        (Some(user), Some(password)) => Ok(Some(Credentials::new(user, password))),
        (Some(_), None) => Err(Failure::usage(format!(
            "a user without a password: set {PASSWORD}, or add --password-file FILE"
        ))),
        (None, Some(_)) => {
            Err(Failure::usage(format!("a password without a user: set {USER}, or add --smtp-user NAME")))
        }
    }
}

fn variable(name: &str) -> Result<Option<String>, Failure> {
    let value = environment(name).map(|value| value.into_string());
    value.transpose().map_err(|_| Failure::argument(format!("{name}: is not UTF-8")))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn read(option: &str, path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path);
    text.map_err(|error| Failure::argument(format!("{option}: read {}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> Option<(String, u16, bool)> {
        let address = Address::parse(url).ok()?;
        Some((address.host, address.port, address.tls_first))
    }

    #[test]
    fn a_server_has_the_port_of_its_scheme_where_none_is_given() {
        for (url, host, port, tls_first) in [
            ("smtp://mail.example.com", "mail.example.com", 587, false),
            ("smtps://mail.example.com/", "mail.example.com", 465, true),
            ("smtp://127.0.0.1:2525", "127.0.0.1", 2525, false),
            ("smtps://[::1]:4650", "::1", 4650, true),
            ("smtp://[2001:db8::1]", "2001:db8::1", 587, false),
        ] {
            assert_eq!(parsed(url), Some((host.to_owned(), port, tls_first)), "{url}");
        }
        for wrong in [
            "",
            "mail.example.com",
            "http://a",
            "smtp://",
            "smtp://a:0",
            "smtp://a:65536",
            "smtp://a:b",
            "smtp://a/b",
            "smtp://a?tls=none",
            "smtp://::1",
            "smtp://[::1",
            "smtp://[::1]2",
            "smtp://a b",
            "SMTP://a:25:26",
            "smtp:///a",
        ] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_password_in_the_address_is_refused_and_not_repeated() {
        let error = Address::parse("smtp://alice:hunter2@mail.example.com").unwrap_err();
        assert!(!error.message.contains("hunter2") && !error.message.contains("alice"), "{error:?}");
        let error = Address::parse("ftp://hunter2").unwrap_err();
        assert!(!error.message.contains("hunter2"), "{error:?}");
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (url, loopback) in [
            ("smtp://localhost", true),
            ("smtp://127.9.9.9", true),
            ("smtp://[::1]", true),
            ("smtp://localhost.example.com", false),
            ("smtp://127.0.0.1.example.com", false),
            ("smtp://10.0.0.1", false),
            ("smtp://0.0.0.0", false),
        ] {
            assert_eq!(Address::parse(url).unwrap().is_loopback(), loopback, "{url}");
        }
    }
}
