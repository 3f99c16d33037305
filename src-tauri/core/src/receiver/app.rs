//! Finds the app on this machine.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use tokio::{net::TcpStream, time::timeout};

/// How long one address may take to accept; on this machine it is a matter of microseconds.
const ACCEPT_WITHIN: Duration = Duration::from_secs(1);

/// `localhost` is one or the other, as the app's runtime likes.
const ADDRESSES: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// Whether something listens on this port of this machine, on 127.0.0.1 or `::1`.
pub async fn app_is_running(port: u16) -> bool {
    connect(port).await.is_ok()
}

/// A connection to the app, over the first address that accepts it.
///
/// # Errors
/// No address does; the error is that of 127.0.0.1.
pub(super) async fn connect(port: u16) -> io::Result<TcpStream> {
    let mut refused = None;
    for ip in ADDRESSES {
        match timeout(ACCEPT_WITHIN, connect_to(SocketAddr::new(ip, port))).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => refused = refused.or(Some(error)),
            Err(_) => refused = refused.or(Some(io::ErrorKind::TimedOut.into())),
        }
    }
    Err(refused.unwrap_or_else(|| io::ErrorKind::ConnectionRefused.into()))
}

async fn connect_to(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    // On a free port of the system's own range a connection can meet itself.
    if stream.local_addr()? == address {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    stream.set_nodelay(true)?;
    Ok(stream)
}
