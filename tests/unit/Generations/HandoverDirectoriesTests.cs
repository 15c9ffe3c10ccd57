using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Memory;
using HostSwap.Orchestrator.Preparing;
using HostSwap.Orchestrator.Procfs;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Generations;

/// <summary>What of the outer host a generation is given for handover's sake.</summary>
public sealed class HandoverDirectoriesTests : IDisposable
{
    private readonly SwapWorld _world = new();
    private readonly Generation _generation;

    public HandoverDirectoriesTests()
    {
        var record = new GenerationRecord(3, nameof(GenerationRole.Active), "image", "sha256:0", Guid.NewGuid(), DateTimeOffset.UnixEpoch, null);
        _generation = Generation.From(record, _world.Paths);
        GenerationDirectories.EnsureHost(_world.Paths);
        GenerationDirectories.EnsureGeneration(_generation);
    }

    public void Dispose() => _world.Dispose();

    [Fact]
    public void The_container_sees_the_whole_mount_and_its_own_sockets_and_is_told_its_part()
    {
        var spec = HostImageContract.Describe(_generation, _world.Settings, [], [], []);

        spec.Mounts.ShouldContain(new BindMount(_world.Paths.Memory, "/run/hostswap/memory", ReadOnly: false));
        spec.Mounts.ShouldContain(new BindMount(Path.Join(_world.Paths.GenerationRuntimes, "3/qmp"), "/run/hostswap/qmp", ReadOnly: false));
        spec.Environment["HOSTSWAP_MEMORY_DIR"].ShouldBe("/run/hostswap/memory/gen-3");
    }

    [Fact]
    public void Its_sockets_are_private_and_its_memory_can_be_entered()
    {
        File.GetUnixFileMode(_generation.Paths.QmpDirectory).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.GetUnixFileMode(_generation.Paths.Memory).HasFlag(UnixFileMode.OtherExecute).ShouldBeTrue();
        File.GetUnixFileMode(_world.Paths.Runtime).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public void RAM_of_VMs_that_died_with_the_container_is_given_back()
    {
        var file = MakeRam();

        GenerationDirectories.ClearMemory(_generation.Paths).ShouldBe(1);

        File.Exists(file).ShouldBeFalse();
        GenerationDirectories.ClearMemory(_generation.Paths).ShouldBe(0);
    }

    [Fact]
    public void Its_part_of_the_mount_goes_with_it()
    {
        MakeRam();

        GenerationDirectories.RemoveGeneration(_generation.Paths);

        Directory.Exists(_generation.Paths.Memory).ShouldBeFalse();
        Directory.Exists(_world.Paths.Memory).ShouldBeTrue();
    }

    [Fact]
    public void What_a_container_does_not_show_is_missing()
    {
        new MemoryMount(_world.Settings, _world.Kernel).Ensure();
        var mounts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [HostImageContract.Memory] = _world.Paths.Memory,
            [HostImageContract.Qmp] = _generation.Paths.QmpDirectory,
        };
        Show(_world.Paths.Memory, outside: 1, HostImageContract.Memory, inside: 1);
        Show(_generation.Paths.QmpDirectory, outside: 2, HostImageContract.Qmp, inside: 2);
        Missing(mounts).ShouldBeEmpty();

        // It was started before the memory was mounted, and shows the directory below the mount.
        Show(_world.Paths.Memory, outside: 1, HostImageContract.Memory, inside: 9);
        Missing(mounts).ShouldBe([HostImageContract.Memory]);

        Missing([]).ShouldBe([HostImageContract.Memory, HostImageContract.Qmp]);
    }

    [Fact]
    public void Without_a_mount_the_bare_directory_is_not_taken_for_it()
    {
        Show(_world.Paths.Memory, outside: 1, HostImageContract.Memory, inside: 1);

        Missing(new() { [HostImageContract.Memory] = _world.Paths.Memory }).ShouldContain(HostImageContract.Memory);
    }

    private IReadOnlyList<string> Missing(Dictionary<string, string> mounts)
    {
        _world.Engine.Add("c", SwapWorld.SourcePid, restart: true);
        return HandoverMounts.Missing(_generation, _world.Engine.Containers["c"] with { Mounts = mounts }, _world.Settings, _world.Kernel);
    }

    private void Show(string source, ulong outside, string target, ulong inside)
    {
        _world.Kernel.Files[(Environment.ProcessId, source)] = new FileFacts(1, outside, 0, 0, 0x4000);
        _world.Kernel.Files[(SwapWorld.SourcePid, target)] = new FileFacts(1, inside, 0, 0, 0x4000);
    }

    private string MakeRam()
    {
        var directory = Directory.CreateDirectory(Path.Join(_generation.Paths.Memory, "libvirt/qemu/1-web"));
        var file = Path.Join(directory.FullName, "pc.ram");
        File.WriteAllText(file, "RAM");
        return file;
    }
}
