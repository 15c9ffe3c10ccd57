using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Holding;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Locking;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Procfs;
using HostSwap.Orchestrator.Qmp;

namespace HostSwap.Orchestrator;

/// <summary>What an outer host is put together from: the adapters, and what stands directly on them.</summary>
public sealed class OuterHostParts(
    HostSwapSettings settings,
    IContainerEngine engine,
    IOuterKernel kernel,
    IGenerationConnector connector,
    IJournal journal,
    TimeProvider time)
{
    /// <summary>The configuration.</summary>
    public HostSwapSettings Settings { get; } = settings;

    /// <summary>Docker.</summary>
    public IContainerEngine Engine { get; } = engine;

    /// <summary>The outer host's kernel.</summary>
    public IOuterKernel Kernel { get; } = kernel;

    /// <summary>Connections into generations.</summary>
    public IGenerationConnector Connector { get; } = connector;

    /// <summary>Monitors of QEMU beside libvirt's own.</summary>
    public IQmpConnector Qmp { get; init; } = new QmpConnector(time);

    /// <summary>The journal.</summary>
    public IJournal Journal { get; } = journal;

    /// <summary>What another hostctl wants of the operation that runs in this one.</summary>
    public AbortRequests Aborts { get; } = new(settings.Paths.LockFile);

    /// <summary>Who has asked that no swap begins.</summary>
    public HoldFiles Holds { get; } = new(settings.Paths.Holds, time);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; } = time;

    /// <summary>Creates, starts, stops and removes generations.</summary>
    public GenerationManager Generations { get; } = new(settings, engine, kernel, journal, time);

    /// <summary>Waits until a generation is fit to hold VMs.</summary>
    public ReadinessProbe Probe { get; } = new(settings, engine, kernel, connector, time);

    /// <summary>What a generation holds, as the disk and the kernel show it.</summary>
    public GenerationContents Contents { get; } = new(engine, kernel);

    /// <summary>Asks generations what they can give VMs.</summary>
    public SideSurvey Survey { get; } = new(engine, kernel);

    /// <summary>Reads what a plan is made from.</summary>
    public PlanContextReader PlanReader => new(this);
}
