using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Qmp;

namespace HostSwap.UnitTests.Fakes;

/// <summary>QEMU's monitors by socket.</summary>
internal sealed class FakeQmp : IQmpConnector
{
    public Dictionary<string, FakeMonitor> Monitors { get; } = new(StringComparer.Ordinal);

    public Task<IQmpMonitor> ConnectAsync(string socket, string system, CancellationToken cancellationToken) =>
        Monitors.TryGetValue(socket, out var monitor)
            ? monitor.Serve(system)
            : Task.FromException<IQmpMonitor>(new AdapterException(system, $"connect to {socket}", "Connection refused"));
}

/// <summary>One QEMU, as far as its monitor shows it.</summary>
internal sealed class FakeMonitor : IQmpMonitor
{
    private bool _serves;

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

    /// <summary>Happens as it is asked for its state.</summary>
    public Action OnRunState { get; set; } = static () => { };

    public Task<string> GetRunStateAsync(CancellationToken cancellationToken)
    {
        OnRunState();
        return Task.FromResult(RunState);
    }

    public Task<string?> GetMigrationStatusAsync(CancellationToken cancellationToken) => Task.FromResult(Migration);

    /// <summary>Completed once its guest executes; failed where it has ended before.</summary>
    public TaskCompletionSource Execution { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task WaitForExecutionAsync(CancellationToken cancellationToken) => Execution.Task.WaitAsync(cancellationToken);

    /// <summary>QMP serves one client at a time; another one waits in vain.</summary>
    public Task<IQmpMonitor> Serve(string system)
    {
        if (_serves)
            return Task.FromException<IQmpMonitor>(new DeadlineException($"its greeting ({system})", TimeSpan.FromSeconds(10), "nothing"));
        _serves = true;
        return Task.FromResult<IQmpMonitor>(this);
    }

    public ValueTask DisposeAsync()
    {
        _serves = false;
        return ValueTask.CompletedTask;
    }
}
