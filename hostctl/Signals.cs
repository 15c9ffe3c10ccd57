using System.Runtime.InteropServices;

namespace HostSwap.Hostctl;

/// <summary>The signals that ask this process to end.</summary>
internal interface ISignals
{
    /// <summary>Listens until disposed.</summary>
    /// <param name="handler">Gets each signal; true keeps the process alive, false lets the signal end it.</param>
    IDisposable Listen(Func<PosixSignal, bool> handler);
}

/// <summary>SIGINT, SIGTERM and SIGHUP of this process.</summary>
internal sealed class ProcessSignals : ISignals
{
    private static readonly PosixSignal[] Ending = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP];

    /// <inheritdoc/>
    public IDisposable Listen(Func<PosixSignal, bool> handler) => new Registrations(
        [.. Ending.Select(signal => PosixSignalRegistration.Create(signal, context => context.Cancel = handler(signal)))]);

    private sealed class Registrations(PosixSignalRegistration[] registrations) : IDisposable
    {
        public void Dispose()
        {
            foreach (var registration in registrations) registration.Dispose();
        }
    }
}

/// <summary>What a verb does with signals.</summary>
internal enum InterruptMode
{
    /// <summary>The first cancels, the second ends the process: for verbs that change nothing.</summary>
    CancelThenDie,

    /// <summary>The first cancels, further ones only repeat that the orderly end is awaited: for verbs that change something.</summary>
    Orderly,

    /// <summary>The verb deals with signals itself, since they are meant for the child that has the terminal.</summary>
    Child,
}

/// <summary>Turns signals into a cancelled token for as long as a verb runs.</summary>
internal sealed class InterruptGuard : IDisposable
{
    private readonly InterruptMode _mode;
    private readonly CancellationTokenSource _source = new();
    private readonly IDisposable? _listening;
    private int _signals;

    /// <summary>Begins to listen.</summary>
    /// <param name="signals">The process's signals.</param>
    /// <param name="mode">What is done with them.</param>
    /// <param name="say">Tells the operator what is done; replaced by <see cref="Say"/>.</param>
    public InterruptGuard(ISignals signals, InterruptMode mode, Action<string> say)
    {
        _mode = mode;
        Say = say;
        _listening = mode == InterruptMode.Child ? null : signals.Listen(OnSignal);
    }

    /// <summary>How the operator is told. A live view takes it over, since other output would tear its picture.</summary>
    public Action<string> Say { get; set; }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        _listening?.Dispose();
        _source.Dispose();
    }

    private bool OnSignal(PosixSignal signal)
    {
        var first = Interlocked.Increment(ref _signals) == 1;
        if (_mode == InterruptMode.CancelThenDie)
        {
            if (first) _source.Cancel();
            return first;
        }

        // Cancelled before it is said, and without waiting for the callbacks: output may block, and must not keep the
        // interruption from its work.
        if (first) _ = _source.CancelAsync();
        Say(first
            ? $"{signal}: interrupting in an orderly way; nothing more is begun, and what is in flight is brought to one side"
            : $"{signal}: still waiting for the orderly end; hostctl does not stop half way");
        return true;
    }
}
