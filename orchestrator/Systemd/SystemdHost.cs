using HostSwap.Orchestrator.DBus;

namespace HostSwap.Orchestrator.Systemd;

/// <summary>systemd of one generation, called on its system bus (org.freedesktop.systemd1(5)).</summary>
/// <param name="busSocketPath">The socket of that generation's system bus, as seen from the outer host.</param>
/// <param name="generation">Whose systemd it is, for errors: <c>gen-2</c>.</param>
/// <param name="time">The time source; the system's where null.</param>
public sealed class SystemdHost(string busSocketPath, string generation, TimeProvider? time = null) : ISystemdHost
{
    internal const string Destination = "org.freedesktop.systemd1";
    internal const string ManagerPath = "/org/freedesktop/systemd1";
    internal const string ManagerInterface = "org.freedesktop.systemd1.Manager";

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    private readonly BusService _service =
        new(busSocketPath, $"systemd {generation}", Destination, time ?? TimeProvider.System);

    /// <inheritdoc/>
    public async Task<SystemdStatus> GetStatusAsync(CancellationToken cancellationToken)
    {
        var state = GetPropertyAsync("SystemState", cancellationToken);
        var version = GetPropertyAsync("Version", cancellationToken);
        var failed = ListFailedUnitsAsync(cancellationToken);
        await Task.WhenAll(state, version, failed);
        return new SystemdStatus(await state, await failed, await version);
    }

    /// <inheritdoc/>
    public async Task<SystemdStatus> WaitUntilStartedAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var waiter = new StartupWaiter(busSocketPath, $"systemd {generation}", limit, _time);
        await waiter.WaitAsync(cancellationToken);
        return await GetStatusAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _service.DisposeAsync();

    /// <summary>Makes a call of systemd's manager object.</summary>
    internal static BusCall ManagerCall(string member, params BusValue[] arguments) =>
        new(Destination, ManagerPath, ManagerInterface, member, arguments);

    private async Task<string> GetPropertyAsync(string property, CancellationToken cancellationToken)
    {
        var call = BusCall.Get(Destination, ManagerPath, ManagerInterface, property);
        var reply = await _service.CallAsync(call, cancellationToken);
        return _service.Read(call, reply, r => r.First.AsString());
    }

    private async Task<IReadOnlyList<string>> ListFailedUnitsAsync(CancellationToken cancellationToken)
    {
        var call = ManagerCall("ListUnitsFiltered", BusValue.Strings("failed"));
        var reply = await _service.CallAsync(call, cancellationToken);
        return _service.Read(call, reply, Names);

        static IReadOnlyList<string> Names(BusReply reply) =>
            [.. reply.First.Items().Select(unit => unit.Items()[0].AsString()).Order(StringComparer.Ordinal)];
    }
}
