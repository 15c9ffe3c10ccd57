using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Procfs;
using HostSwap.Orchestrator.Swapping;
using HostSwap.UnitTests.Fakes;
using Shouldly;

namespace HostSwap.UnitTests.Swapping;

/// <summary>A handover as both sides' libvirt and QEMU would have it, with the hook's two questions asked by the test.</summary>
public abstract class HandoverFixture : IDisposable
{
    private protected const int TargetId = 7;
    private const string Disk = "/vms/web.qcow2";

    protected HandoverFixture()
    {
        Vm = World.Source.Domains.Add("web", DomainState.Running);
        World.Source.Domains.Xml[Vm.Uuid] = DomainXmls.WithDevices(
            Vm.Uuid, "web", $"<disk type='file' device='disk'><source file='{Disk}'/><target dev='vda'/></disk>");
        World.Kernel.Files[(SwapWorld.SourcePid, Disk)] = new FileFacts(1, 99, 0, 0, 0);
        World.Kernel.Files[(SwapWorld.TargetPid, Disk)] = new FileFacts(1, 99, 0, 0, 0);
        World.Run(Vm.Uuid, SwapWorld.SourcePid);
        Ram = MakeRam(1, 3);
        Directory.CreateDirectory(Path.GetDirectoryName(Outside(2, TargetId))!);
        World.Kernel.Mapped[SourceQemu] = [Ram];
        World.Qmp.Monitors[new GenerationPaths(World.Paths, 1).QmpSocket(Vm.Uuid)] = Source;
        World.Qmp.Monitors[new GenerationPaths(World.Paths, 2).QmpSocket(Vm.Uuid)] = Target;
    }

    private protected SwapWorld World { get; } = new();

    private protected DomainRecord Vm { get; }

    /// <summary>The old QEMU's monitor.</summary>
    private protected FakeMonitor Source { get; } = new();

    /// <summary>The new QEMU's monitor.</summary>
    private protected FakeMonitor Target { get; } = new() { RunState = "inmigrate" };

    private protected MappedFile Ram { get; }

    private protected TimeProvider Time { get; set; } = TimeProvider.System;

    private int SourceQemu => World.Kernel.Processes.Single(process => process.PidNamespace is "pid:[100]").Pid;

    public void Dispose()
    {
        World.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The image has a lock, which is the fence then.</summary>
    private protected void Lock() => World.Kernel.Locked.Add((1, 99));

    private protected static string Inside(int generation, int id) => $"{HostImageContract.MemoryOf(generation)}/libvirt/qemu/{id}-web/pc.ram";

    private protected string Outside(int generation, int id) => Path.Join(World.Paths.Memory, $"gen-{generation}/libvirt/qemu/{id}-web/pc.ram");

    private MappedFile MakeRam(int generation, int id)
    {
        var path = Outside(generation, id);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "RAM");
        var facts = new OuterKernel().Look(Environment.ProcessId, path)!;
        return new MappedFile(Inside(generation, id), facts.Device, facts.Inode, Shared: true);
    }

    /// <summary>The hook's two questions, and in between the new QEMU with what it maps.</summary>
    private protected async Task<string?> AskAsync(IReadOnlyList<MappedFile>? mapped = null)
    {
        var ticket = World.Hooks.Tickets[Vm.Uuid];
        ticket.OnStart(TargetId).ShouldBeNull();
        World.Run(Vm.Uuid, SwapWorld.TargetPid);
        var pid = World.Kernel.Processes.Single(process => process.PidNamespace is "pid:[200]").Pid;
        World.Kernel.Mapped[pid] = mapped ?? [Ram with { Path = Inside(2, TargetId) }];
        return await ticket.OnStartedAsync(TargetId, CancellationToken.None);
    }

    private protected void Arrive(DomainState state)
    {
        World.Stop(Vm.Uuid, SwapWorld.TargetPid);
        World.Arrive(Vm.Uuid);
        if (state == DomainState.Running) Target.Execution.TrySetResult();
        World.Target.Domains.Known[Vm.Uuid] = World.Target.Domains.Known[Vm.Uuid] with { State = state };
    }

    private protected async Task<MoveOutcome> MoveAsync(ConvergencePolicy policy = ConvergencePolicy.Stay)
    {
        var session = World.Session with { Time = Time };
        await using var foreign = ForeignChanges.Watch(session.Source, session.Target, session.Time, session.Notice);
        return await new DomainMover(session, foreign).MoveAsync(
            SwapWorld.Plan(Vm) with { Method = MoveMethod.Handover, Policy = VmPolicy.Default with { OnNoConvergence = policy } }, new Version(11, 3), CancellationToken.None);
    }
}
