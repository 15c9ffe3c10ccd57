namespace HostSwap.Orchestrator.DBus;

/// <summary>
/// Anything that can go wrong on a bus. Adapters turn it into <see cref="Errors.AdapterException"/>, see
/// <see cref="BusService"/>; it never leaves them.
/// </summary>
internal abstract class BusException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>No connection to the bus came about.</summary>
internal sealed class BusConnectException(string peer, string socketPath, string reason, Exception? inner = null)
    : BusException($"no connection to the bus of {peer} at {socketPath}: {reason}", inner);

/// <summary>The connection ended: the bus went away, or this side closed it.</summary>
internal sealed class BusDisconnectedException(string peer, string reason, Exception? inner = null)
    : BusException($"the connection to the bus of {peer} ended: {reason}", inner);

/// <summary>The called service, or the bus in its place, answered with an error.</summary>
internal sealed class BusErrorReplyException(string errorName, string text)
    : BusException($"{text} ({errorName})")
{
    /// <summary>The error's D-Bus name, such as <c>org.freedesktop.DBus.Error.ServiceUnknown</c>.</summary>
    public string ErrorName { get; } = errorName;
}

/// <summary>A reply or signal is not of the shape that its interface promises, or an argument cannot be sent.</summary>
internal sealed class BusFormatException(string expected, string found)
    : BusException($"unexpected message: expected {expected}, found {found}");
