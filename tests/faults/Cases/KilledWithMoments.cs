using HostSwap.Faults.Worlds;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>
/// libvirt carries no snapshots and no checkpoints, so hostctl takes them from a VM that leaves and defines them again where it
/// arrives. It is killed right before, and right after, each of the two: none may be lost, whichever way VMs go then.
/// </summary>
/// <param name="kind">The word for them in virsh's commands.</param>
internal sealed class KilledWithMoments(string kind) : FaultCase(22, $"{kind}s: hostctl killed")
{
    private const string Guest = "web";

    private static readonly IReadOnlyList<string> Names = ["first", "second.last"];

    public override TimeSpan Limit => TimeSpan.FromMinutes(15);

    /// <summary>With the two kinds, the quick part goes both ways at each point.</summary>
    public override Task RunAsync(FaultBench bench, CancellationToken cancellationToken) => bench.RunAroundAsync(
        [$"take-{kind}s", $"restore-{kind}s"], WorldDesign.Usual, AtAsync, backFirst: kind is not "snapshot", cancellationToken);

    private async Task AtAsync(FaultRun run, string point, bool back)
    {
        var guest = Moments.GuestNamed(run, Guest);
        var source = await Moments.SourceAsync(run);
        if ((await NamesAsync(run, source, guest, kind)).Count == 0)
        {
            // libvirt makes none of one kind where there are any of the other, as an earlier case may have left them.
            var other = kind is "snapshot" ? "checkpoint" : "snapshot";
            foreach (var name in await NamesAsync(run, source, guest, other)) await source.VirshAsync([$"{other}-delete", guest.Uuid, name], run.Token);
            foreach (var name in Names) await source.VirshAsync([$"{kind}-create-as", guest.Uuid, name], run.Token);
        }

        run.RequireExit(await run.SwapAsync(point), RunningProcess.KilledExitCode);
        run.FaultHappened();
        await run.ResumeAsync(back);

        var active = await run.Lab.GenerationAsync((await run.Lab.Hostctl.StatusAsync(run.Token)).Active.Number, run.Token);
        var names = await NamesAsync(run, active, guest, kind);
        run.Require(names.SequenceEqual(Names, StringComparer.Ordinal), $"{guest.Name} has these {kind}s: {string.Join(", ", names)}");
        var parent = (await active.VirshAsync([$"{kind}-parent", guest.Uuid, Names[^1]], run.Token)).Trim();
        run.Require(string.Equals(parent, Names[0], StringComparison.Ordinal), $"the parent of {Names[^1]} is '{parent}'");
        // Of checkpoints no command tells which is the current one.
        if (kind is not "snapshot") return;
        var current = (await active.VirshAsync(["snapshot-current", guest.Uuid, "--name"], run.Token)).Trim();
        run.Require(string.Equals(current, Names[^1], StringComparison.Ordinal), $"its current snapshot is '{current}'");
    }

    private static async Task<IReadOnlyList<string>> NamesAsync(FaultRun run, Generation generation, Guest guest, string kind) =>
        DockerCli.Lines(await generation.VirshAsync([$"{kind}-list", guest.Uuid, "--name", "--topological"], run.Token));
}
