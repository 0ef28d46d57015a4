//! The way to an MCP server: a process with its own variables, or streamable HTTP with its own headers.

use std::{collections::HashMap, process::Stdio, sync::Arc, time::Duration};

use anyhow::Context as _;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest_of_rmcp::redirect::Policy;
use rmcp::{
    RoleClient, ServiceExt as _,
    service::RunningService,
    transport::{
        StreamableHttpClientTransport, TokioChildProcess,
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use tokio::process::Command;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

use super::config::{Reached, ServerConfig};

/// How long a connection over HTTP may take.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest answer over HTTP that is taken in; what is read of it is less.
const ANSWER_MAX_BYTES: usize = 16 << 20;

/// Starts or calls a server and greets it.
pub(super) async fn connect(config: &ServerConfig) -> anyhow::Result<RunningService<RoleClient, ()>> {
    match &config.reached {
        Reached::Process(command) => process(command, &config.secrets).await,
        Reached::Http(url) => http(url, &config.secrets).await,
    }
}

async fn process(
    command: &[String],
    secrets: &[(String, String)],
) -> anyhow::Result<RunningService<RoleClient, ()>> {
    let (program, arguments) = command.split_first().context("no command")?;
    let mut command = Command::new(program);
    command.args(arguments).env_clear().kill_on_drop(true);
    for name in ["PATH", "HOME", "LANG"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command.envs(secrets.iter().cloned());
    let (transport, _) = TokioChildProcess::builder(command)
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("start {program}"))?;
    Ok(().serve(transport).await?)
}

async fn http(url: &str, secrets: &[(String, String)]) -> anyhow::Result<RunningService<RoleClient, ()>> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = reqwest_of_rmcp::Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(CONNECT)
        // A secret follows no redirect.
        .redirect(Policy::none())
        .user_agent(concat!("understudy/", env!("CARGO_PKG_VERSION")))
        .build()?;
    let mut headers = HashMap::new();
    for (name, value) in secrets {
        let mut value = HeaderValue::from_str(value)?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_bytes(name.as_bytes())?, value);
    }
    let config = StreamableHttpClientTransportConfig::with_uri(url)
        .custom_headers(headers)
        .max_sse_event_size(ANSWER_MAX_BYTES)
        .max_json_response_size(ANSWER_MAX_BYTES)
        // What is sent anew to a new session may have been done in the old one.
        .reinit_on_expired_session(false);
    Ok(().serve(StreamableHttpClientTransport::with_client(client, config)).await?)
}
