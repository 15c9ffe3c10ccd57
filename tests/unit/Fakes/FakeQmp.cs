using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Qmp;

namespace HostSwap.UnitTests.Fakes;

/// <summary>QEMU's monitors by socket.</summary>
internal sealed class FakeQmp : IQmpConnector
{
    public Dictionary<string, FakeMonitor> Monitors { get; } = new(StringComparer.Ordinal);

    public Task<IQmpMonitor> ConnectAsync(string socket, string system, CancellationToken cancellationToken) =>
        Monitors.TryGetValue(socket, out var monitor)
            ? Task.FromResult<IQmpMonitor>(monitor)
            : Task.FromException<IQmpMonitor>(new AdapterException(system, $"connect to {socket}", "Connection refused"));
}

/// <summary>One QEMU, as far as its monitor shows it.</summary>
internal sealed class FakeMonitor : IQmpMonitor
{
    public bool Ignores { get; set; }

    /// <summary>Whether it takes what it is told.</summary>
    public bool Obeys { get; set; } = true;

    /// <summary>Whether it says no to what it is told.</summary>
    public bool Refuses { get; set; }

    public string RunState { get; set; } = "running";

    public string? Migration { get; set; }

    public Task<bool> IgnoresSharedRamAsync(CancellationToken cancellationToken) => Task.FromResult(Ignores);

    public Task IgnoreSharedRamAsync(bool ignore, CancellationToken cancellationToken)
    {
        if (Obeys && !Refuses)
            Ignores = ignore;
        return Refuses
            ? Task.FromException(new AdapterException("qemu web", "migrate-set-capabilities", "There's a migration process in progress"))
            : Task.CompletedTask;
    }

    public Task<string> GetRunStateAsync(CancellationToken cancellationToken) => Task.FromResult(RunState);

    public Task<string?> GetMigrationStatusAsync(CancellationToken cancellationToken) => Task.FromResult(Migration);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
