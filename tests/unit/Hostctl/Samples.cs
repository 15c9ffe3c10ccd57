using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.UnitTests.Hostctl;

/// <summary>A small outer host: gen-1 with two VMs, and a swap of it.</summary>
internal static class Samples
{
    public const string HostileName = "[red]x[/]\u001b[2J\nevil\u202Egnp";

    public static readonly DateTimeOffset At = new(2026, 11, 3, 4, 5, 6, TimeSpan.Zero);
    public static readonly Guid Db = new("11111111-1111-1111-1111-111111111111");
    public static readonly Guid Web = new("22222222-2222-2222-2222-222222222222");
    public static readonly Guid HostUuid = new("99999999-9999-9999-9999-999999999999");

    public static GenerationStatus Generation(int number = 1, GenerationRole role = GenerationRole.Active) => new(
        number, role, "hostswap/host:bookworm", "sha256:0123456789abcdef0123", "running", HostUuid,
        new Version(9, 0, 0), new Version(7, 2, 1), At, []);

    public static VmStatus Vm(string name, Guid uuid, DomainState state = DomainState.Running, int generation = 1) =>
        new(name, uuid, generation, state, true, state == DomainState.Running);

    public static HostStatus Status(params VmStatus[] vms) =>
        new(true, [Generation()], vms.Length > 0 ? vms : [Vm("db01", Db), Vm("web01", Web, DomainState.ShutOff)], null, null);

    public static PlannedMove Move(int order, string name, Guid uuid, DomainState state = DomainState.Running) => new(
        order, uuid, name, state, true, true,
        state == DomainState.ShutOff ? MoveMethod.Define : MoveMethod.Copy, "it runs", 512L << 20);

    public static SwapPlan Plan(params Blocker[] blockers) => new(
        1, "hostswap/host:bookworm", 2, "hostswap/host:trixie", "sha256:fedcba9876543210",
        [new("libvirt", "9.0.0", "11.3.0"), new("QEMU", "7.2", "10.0")],
        [Move(1, "db01", Db), Move(2, "web01", Web, DomainState.ShutOff)],
        ["default"], ["images"], blockers, ["one warning"], 2, 8L << 30, ["the running kernel"])
    {
        Kernel = "6.1.0-18-amd64",
        KernelModules = [new KernelModule("kvm", "built in", "/dev/kvm", From: true, To: false)],
        Packages = [new PackageChange("libc6", "2.36", "2.41", Sensitive: true), new PackageChange("zsh", null, "5.9", Sensitive: false)],
    };

    public static Blocker Blocker() =>
        new("memory", "db01", "there is no room for a second copy of its RAM", "free 512 MiB");

    public static SwapResult Result(OperationResult result = OperationResult.Done, string name = "db01") => new(
        7, result, "Every VM was moved.", 2, TimeSpan.FromSeconds(12.34), Plan(),
        [
            new(Db, name, MoveMethod.Copy, MoveState.Verified, "", 540_000_000, TimeSpan.FromMilliseconds(51), TimeSpan.FromSeconds(1.3)),
            new(Web, "web01", MoveMethod.Define, MoveState.Verified, "", null, null, TimeSpan.FromMilliseconds(80)),
        ],
        []);

    public static Operation Operation(long id = 7, OperationResult result = OperationResult.Done) => new(
        id, OperationKind.Swap, result, "gen-1 to gen-2", """{"image":"hostswap/host:trixie"}""", At, At.AddSeconds(12.5));

    public static OperationDetails Details(long id = 7) => new(
        Operation(id),
        [
            new(1, id, "StartCandidate", "gen-2", "{}", EntryResult.Done, "container runs", At, At.AddSeconds(2)),
            new(2, id, "MoveDomains", "db01", "not json", EntryResult.Unknown, "", At.AddSeconds(3), null),
        ],
        [new(Db, "db01", "Copy", "Verified", "", true, 540_000_000, TimeSpan.FromMilliseconds(51), TimeSpan.FromSeconds(1.3))]);

    public static HostSwapSettings Settings(string root) => new(
        new HostSwapPaths(root),
        new DockerSettings(new Uri("unix:///run/docker.sock"), "hostswap", null, null, TimeSpan.FromSeconds(30)),
        "hostswap/host:trixie", [],
        new GenerationSettings(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10), TimeSpan.FromDays(7)),
        new MigrationSettings(null, null, 2, true, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), 2, TimeSpan.FromSeconds(1), 1024),
        null)
    {
        // Nobody moves the clock on while a command line runs.
        Refresh = SettingsDefaults.Refresh with { Soak = TimeSpan.Zero },
    };

    /// <summary>The events of a swap that goes well.</summary>
    public static IReadOnlyList<SwapEvent> Events(string name = "db01") =>
    [
        new SwapStarted(At, 7, 1, "hostswap/host:trixie"),
        new StepStarted(At, SwapStep.StartCandidate),
        new StepFinished(At.AddSeconds(2), SwapStep.StartCandidate, true, TimeSpan.FromSeconds(2), "running"),
        new PlanMade(At.AddSeconds(2), Plan() with { Moves = [Move(1, name, Db), Move(2, "web01", Web, DomainState.ShutOff)] }),
        new StepStarted(At.AddSeconds(3), SwapStep.MoveDomains),
        new MoveChanged(At.AddSeconds(3), Db, name, MoveMethod.Copy, MoveState.Moving, "libvirt was told"),
        Progress(At.AddSeconds(4), name, remaining: 256L << 20),
        new MoveChanged(At.AddSeconds(5), Db, name, MoveMethod.Copy, MoveState.Arrived, "seen in gen-2"),
        new MoveChanged(At.AddSeconds(5), Web, "web01", MoveMethod.Define, MoveState.Verified, ""),
        new MoveChanged(At.AddSeconds(6), Db, name, MoveMethod.Copy, MoveState.Verified, ""),
        new StepFinished(At.AddSeconds(6), SwapStep.MoveDomains, true, TimeSpan.FromSeconds(3), "2 moved"),
        new SwapFinished(At.AddSeconds(12), Result(name: name)),
    ];

    public static MoveProgress Progress(DateTimeOffset at, string name, long remaining) => new(
        at, Db, name, 300L << 20, 512L << 20, remaining, 400L << 20, 20L << 20, 1, TimeSpan.FromSeconds(1));
}
