using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Handover;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Procfs;
using HostSwap.Orchestrator.Qmp;
using HostSwap.Orchestrator.Verifying;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>One side of a running swap.</summary>
/// <param name="Generation">The generation.</param>
/// <param name="Libvirt">Its libvirt, connected.</param>
/// <param name="InitPid">Process id of its init on the outer host.</param>
/// <param name="PidNamespace">Its PID namespace, by which its QEMU processes are told.</param>
public sealed record SwapSide(Generation Generation, ILibvirtHost Libvirt, int InitPid, string PidNamespace)
{
    /// <summary>As verification sees it.</summary>
    internal LiveGeneration Live => new(Generation, Libvirt, InitPid, PidNamespace);

    /// <summary>Whether its container still runs; its PID namespace tells it from a later process of the same number.</summary>
    public bool IsAlive(IOuterKernel kernel) =>
        string.Equals(kernel.PidNamespace(InitPid), PidNamespace, StringComparison.Ordinal);
}

/// <summary>What the steps of one running swap share.</summary>
/// <param name="Settings">The configuration.</param>
/// <param name="Engine">Docker.</param>
/// <param name="Kernel">The outer host's kernel.</param>
/// <param name="Journal">The journal.</param>
/// <param name="Log">Carries out and journals side effects of this swap.</param>
/// <param name="Observer">Who watches.</param>
/// <param name="Time">The clock.</param>
/// <param name="Source">The side that VMs leave.</param>
/// <param name="Target">The side that they go to.</param>
/// <param name="Qmp">Opens monitors of QEMU.</param>
/// <param name="Hooks">Answers the hook of the target's libvirt.</param>
public sealed record SwapSession(
    HostSwapSettings Settings,
    IContainerEngine Engine,
    IOuterKernel Kernel,
    IJournal Journal,
    EffectLog Log,
    ISwapObserver Observer,
    TimeProvider Time,
    SwapSide Source,
    SwapSide Target,
    IQmpConnector Qmp,
    IHandoverDesk Hooks) : IAsyncDisposable
{
    /// <summary>Whose turn it is to stand still.</summary>
    public SwitchoverGate Switchovers { get; } = new();

    /// <summary>Begins to answer the hook of another generation's libvirt, for canaries on their way back.</summary>
    public Func<GenerationPaths, IHandoverDesk> Listen { get; init; } =
        paths => HookServer.Listen(paths.HookSocket, message => Observer.OnEvent(new SwapNotice(Time.GetUtcNow(), message)));

    /// <summary>Closes the connections to both sides.</summary>
    public async ValueTask DisposeAsync()
    {
        Switchovers.Dispose();
        if (Source.Generation.IsOuter || Target.Generation.IsOuter)
            GenerationDirectories.Close(Settings.Paths, Kernel);
        await Hooks.DisposeAsync();
        await Source.Libvirt.DisposeAsync();
        await Target.Libvirt.DisposeAsync();
    }

    /// <summary>What the QEMUs of one side do with shared RAM.</summary>
    internal SharedRam RamOf(SwapSide side) => new(Kernel, Qmp, side.Generation.Paths, side.PidNamespace);

    /// <summary>
    /// Has every QEMU of both sides keep its RAM in what it saves, whoever has told it otherwise: a hostctl that died, or a
    /// person. Not while one of them migrates: QEMU refuses it then.
    /// </summary>
    internal async Task KeepRamInSavesAsync()
    {
        foreach (var side in new[] { Source, Target })
        {
            foreach (var problem in await RamOf(side).ClearAllAsync(Log))
                Notice(problem);
        }
    }

    /// <summary>Tells whoever watches.</summary>
    public void Notice(string message) => Observer.OnEvent(new SwapNotice(Time.GetUtcNow(), message));

    /// <summary>Journals and announces a move's new state.</summary>
    public void Record(PlannedMove move, MoveOutcome outcome)
    {
        Journal.RecordMove(Log.Operation, new MoveRecord(
            outcome.Uuid,
            outcome.Name,
            outcome.Method.ToString(),
            outcome.State.ToString(),
            outcome.Reason,
            move.Autostart,
            outcome.BytesTransferred,
            outcome.Downtime,
            outcome.Elapsed)
        {
            Rung = outcome.Rung == Rung.None ? null : outcome.Rung.ToString(),
        });
        Observer.OnEvent(new MoveChanged(Time.GetUtcNow(), outcome.Uuid, outcome.Name, outcome.Method, outcome.State, outcome.Reason, outcome.Downtime));
    }
}
