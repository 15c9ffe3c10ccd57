using System.Diagnostics;
using HostSwap.Faults.Worlds;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults;

/// <summary>One run: the programs that it starts, what must be true afterwards, and what is not.</summary>
internal sealed partial class FaultRun(FaultWorld world, CancellationToken token) : IAsyncDisposable
{
    private readonly List<RunningProcess> _running = [];
    private long? _faultAt;
    private string? _killPoint;

    /// <summary>The outer host.</summary>
    public FaultWorld World => world;

    /// <summary>The outer host's lab.</summary>
    public OuterHostLab Lab => world.Lab;

    /// <summary>Ends the run.</summary>
    public CancellationToken Token => token;

    /// <summary>What each guest must be at the end; whoever makes a fault that changes it says so here.</summary>
    public Dictionary<Guest, Expectation> Expected { get; } =
        world.Lab.Guests.ToDictionary(static guest => guest, static guest => new Expectation(guest.Spec.State));

    /// <summary>The image that must be active at the end; null where both are right.</summary>
    public string? ExpectedImage { get; set; }

    /// <summary>From the fault until everything was settled; null as long as it is not, or nothing had to recover.</summary>
    public TimeSpan? Recovery { get; private set; }

    /// <summary>Runs hostctl to its end.</summary>
    public async Task<CommandResult> HostctlAsync(IReadOnlyList<string> arguments, string? fault = null, string? faultLog = null)
    {
        var hostctl = Lab.Hostctl;
        if (fault is not null) hostctl = hostctl.With("HOSTSWAP_FAULT", fault);
        if (faultLog is not null) hostctl = hostctl.With("HOSTSWAP_FAULT_LOG", faultLog);
        var result = await hostctl.RunAsync(arguments, Token);
        Note(fault is null ? result.Describe() : $"HOSTSWAP_FAULT={fault} {result.Describe()}");
        return result;
    }

    /// <summary>Swaps to the other image, to the end.</summary>
    public Task<CommandResult> SwapAsync(string? fault = null, string? faultLog = null) =>
        HostctlAsync(["swap", "--yes", "--format", "json", "--image", world.OtherImage], fault, faultLog);

    /// <summary>Starts hostctl and leaves it running; it is killed at the end of the run.</summary>
    public RunningProcess Start(IReadOnlyList<string> arguments, string? fault = null)
    {
        var hostctl = fault is null ? Lab.Hostctl : Lab.Hostctl.With("HOSTSWAP_FAULT", fault);
        var process = hostctl.Start(arguments);
        _running.Add(process);
        return process;
    }

    /// <summary>Starts a swap to the other image.</summary>
    public RunningProcess StartSwap(string? fault = null, params IReadOnlyList<string> more) =>
        Start(["swap", "--yes", "--format", "json", "--image", world.OtherImage, .. more], fault);

    /// <summary>Waits for the end of a started hostctl.</summary>
    public async Task<CommandResult> WaitAsync(RunningProcess process)
    {
        var result = await process.WaitAsync(HostctlRunner.DefaultLimit, Token);
        Note(result.Describe());
        return result;
    }

    /// <summary>Takes the brake off migrations, for everything that begins from now on.</summary>
    public Task ReleaseAsync() => Lab.ConfigureAsync(world.Design.Options.Without("migration", "bandwidth").Without("migration", "max_bandwidth"), Token);

    /// <summary>From here on time counts as recovery.</summary>
    /// <param name="killPoint">The journal write at which hostctl was killed.</param>
    public void FaultHappened(string? killPoint = null)
    {
        _faultAt ??= Stopwatch.GetTimestamp();
        _killPoint ??= killPoint;
    }

    /// <summary>The recovery is over.</summary>
    public void Recovered() => Recovery = _faultAt is { } at ? Stopwatch.GetElapsedTime(at) : null;

    /// <summary>
    /// Resumes, which must come to an end: done, or nothing to do where the interrupted operation had either not begun
    /// or come through.
    /// </summary>
    public async Task ResumeAsync(bool back, params IReadOnlyList<string> more)
    {
        var result = await HostctlAsync(["resume", "--yes", .. back ? ["--rollback"] : Array.Empty<string>(), .. more]);
        Recovered();
        if (result.ExitCode == ExitCodes.Done) ExpectedImage = back ? world.Image : world.OtherImage;
        else if (result.ExitCode != ExitCodes.NothingToDo) Unresolved($"resume ended with exit code {result.ExitCode}: {LastLine(result)}");
    }

    /// <summary>
    /// Whatever a command ended with, what is unfinished is resumed; where nothing is, and the VMs are on the old side, another
    /// swap must come through.
    /// </summary>
    public async Task SettleAsync(CommandResult swap, bool back = false)
    {
        FaultHappened();
        await ReleaseAsync();
        if (swap.ExitCode == ExitCodes.Done)
        {
            Recovered();
            ExpectedImage = world.OtherImage;
            return;
        }

        RequireExit(swap, ExitCodes.FailedOldSide, ExitCodes.FailedBothSides, ExitCodes.Interrupted, ExitCodes.NeedsPerson);
        if ((await Lab.Hostctl.StatusAsync(Token)).UnfinishedSwap is not null)
        {
            await ResumeAsync(back);
            return;
        }

        Recovered();
        RequireExit(await SwapAsync(), ExitCodes.Done);
        ExpectedImage = world.OtherImage;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in _running) await process.DisposeAsync();
    }
}
