using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Handover;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Procfs;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Handover;

/// <summary>What the kernel shows of a running VM decides whether, and with which fence, its RAM can be handed over.</summary>
public sealed class SourceRamTests : IDisposable
{
    private const string Place = "/run/hostswap/memory/gen-1/libvirt/qemu/3-web/pc.ram";
    private const string Guarded = "/vms/guarded.qcow2";
    private const string Unguarded = "/vms/unguarded.img";

    private readonly SwapWorld _world = new();
    private readonly Guid _uuid = Guid.NewGuid();

    public SourceRamTests()
    {
        _world.Run(_uuid, SwapWorld.SourcePid);
        _world.Kernel.Files[(SwapWorld.SourcePid, Guarded)] = new FileFacts(1, 10, 0, 0, 0);
        _world.Kernel.Files[(SwapWorld.SourcePid, Unguarded)] = new FileFacts(1, 11, 0, 0, 0);
        foreach (var path in new[] { Guarded, Unguarded })
            _world.Kernel.Files[(SwapWorld.TargetPid, path)] = _world.Kernel.Files[(SwapWorld.SourcePid, path)];
        _world.Kernel.Locked.Add((1, 10));
        Map(new MappedFile(Place, 7, 70, Shared: true));
    }

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("<source file='/vms/guarded.qcow2'/>", HandoverFence.ImageLock)]
    [InlineData("", HandoverFence.SourceEnded)]
    [InlineData("<source file='/vms/unguarded.img'/>", HandoverFence.SourceEnded)]
    [InlineData("<source file='/vms/guarded.qcow2'/><readonly/>", HandoverFence.SourceEnded)]
    [InlineData("<source file='/vms/guarded.qcow2'/><transient/>", HandoverFence.SourceEnded)]
    public void Only_a_lock_that_the_kernel_shows_on_what_it_writes_is_a_fence(string disk, HandoverFence fence) =>
        Look(disk).Facts.ShouldNotBeNull().Fence.ShouldBe(fence);

    /// <summary>Each container has a node of its own for a block device, and a lock belongs to the node.</summary>
    [Fact]
    public void A_lock_that_the_other_side_does_not_meet_is_none()
    {
        _world.Kernel.Files[(SwapWorld.TargetPid, Guarded)] = _world.Kernel.Files[(SwapWorld.TargetPid, Guarded)] with { Inode = 12345 };

        Look($"<source file='{Guarded}'/>").Facts.ShouldNotBeNull().Fence.ShouldBe(HandoverFence.SourceEnded);
    }

    [Fact]
    public void Its_file_is_looked_for_under_the_other_sides_number_and_generation()
    {
        var facts = Look("").Facts.ShouldNotBeNull();

        facts.PathIn(2, 9, facts.Ram[0]).ShouldBe("/run/hostswap/memory/gen-2/libvirt/qemu/9-web/pc.ram");
    }

    [Fact]
    public void Ram_that_is_no_file_of_that_generation_is_refused()
    {
        Map(new MappedFile(Place.Replace("gen-1", "gen-4", StringComparison.Ordinal), 7, 70, Shared: true), new MappedFile("/dev/shm/other", 8, 80, Shared: true));

        Look("").Reason.ShouldContain("its RAM is no file on the shared memory mount");
    }

    [Theory]
    [InlineData("", false)]
    [InlineData(" (deleted)", true)]
    public void Ram_that_is_private_or_has_lost_its_name_is_refused(string suffix, bool shared)
    {
        Map(new MappedFile(Place + suffix, 7, 70, shared));

        Look("").Reason.ShouldContain("is not shared, or has lost its name");
    }

    [Fact]
    public void Of_two_qemus_neither_is_taken()
    {
        _world.Run(_uuid, SwapWorld.SourcePid);

        Look("").Reason.ShouldBe("it has 2 QEMU processes");
    }

    private void Map(params IReadOnlyList<MappedFile> files) => _world.Kernel.Mapped[_world.Kernel.Processes[0].Pid] = files;

    private (SourceRam? Facts, string Reason) Look(string disk)
    {
        var xml = disk.Length == 0
            ? DomainXmls.Plain(_uuid, "web")
            : DomainXmls.WithDevices(_uuid, "web", $"<disk type='file' device='disk'>{disk}<target dev='vda'/></disk>");
        return SourceRam.Look(_world.Kernel, (_world.Session.Source.Generation, SwapWorld.SourcePid, "pid:[100]"), SwapWorld.TargetPid, _uuid, DomainXmlReader.Read(xml));
    }
}
