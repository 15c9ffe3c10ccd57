using HostSwap.Faults.Worlds;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>
/// libvirt carries no snapshots, so hostctl takes them from a VM that leaves and defines them again where it arrives. It is
/// killed right before, and right after, each of the two: none may be lost, whichever way VMs go then.
/// </summary>
internal sealed class KilledWithSnapshots() : FaultCase(22, "snapshots: hostctl killed")
{
    private const string Guest = "web";

    private static readonly IReadOnlyList<string> Names = ["first", "second.last"];

    public override TimeSpan Limit => TimeSpan.FromMinutes(15);

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        foreach (var step in new[] { "take-snapshots", "restore-snapshots" })
        {
            foreach (var moment in new[] { "effect-begin", "effect-end" })
            {
                foreach (var back in new[] { false, true })
                    await bench.RunAsync($"{moment}:{step}, then {(back ? "back" : "on")}", WorldDesign.Usual, run => AtAsync(run, $"{moment}:{step}=kill", back), cancellationToken);
            }
        }
    }

    private static async Task AtAsync(FaultRun run, string point, bool back)
    {
        var guest = Moments.GuestNamed(run, Guest);
        var source = await Moments.SourceAsync(run);
        if ((await NamesAsync(run, source, guest)).Count == 0)
        {
            foreach (var name in Names) await source.VirshAsync(["snapshot-create-as", guest.Uuid, name], run.Token);
        }

        run.RequireExit(await run.SwapAsync(point), RunningProcess.KilledExitCode);
        run.FaultHappened();
        await run.ResumeAsync(back);

        var active = await run.Lab.GenerationAsync((await run.Lab.Hostctl.StatusAsync(run.Token)).Active.Number, run.Token);
        var names = await NamesAsync(run, active, guest);
        run.Require(names.SequenceEqual(Names, StringComparer.Ordinal), $"{guest.Name} has these snapshots: {string.Join(", ", names)}");
        var current = (await active.VirshAsync(["snapshot-current", guest.Uuid, "--name"], run.Token)).Trim();
        run.Require(string.Equals(current, Names[^1], StringComparison.Ordinal), $"its current snapshot is '{current}'");
    }

    private static async Task<IReadOnlyList<string>> NamesAsync(FaultRun run, Generation generation, Guest guest) =>
        DockerCli.Lines(await generation.VirshAsync(["snapshot-list", guest.Uuid, "--name", "--topological"], run.Token));
}
