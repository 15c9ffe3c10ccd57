using HostSwap.Faults.Worlds;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Faults.Cases;

/// <summary>
/// A VM is saved, and hostctl is killed around each of the steps that carry its managed save image. Whichever way VMs go then, one
/// generation has an image that can be restored, the VM's own, and its guest goes on from it.
/// </summary>
internal sealed class KilledWithSavedImage() : FaultCase(22, "managed save: hostctl killed")
{
    private const string Guest = "web";

    private static readonly IReadOnlyList<string> Points =
        ["effect-end:copy-state", "effect-begin:leave", "effect-end:leave", "effect-begin:place-state", "effect-end:place-state"];

    public override TimeSpan Limit => TimeSpan.FromMinutes(15);

    public override async Task RunAsync(FaultBench bench, CancellationToken cancellationToken)
    {
        foreach (var (number, point) in Points.Index())
        {
            // The quick part goes each way at every other point.
            foreach (var back in bench.Quick ? [number % 2 == 1] : new[] { false, true })
                await bench.RunAsync($"{point}, then {(back ? "back" : "on")}", WorldDesign.Usual, run => AtAsync(run, $"{point}=kill", back), cancellationToken);
        }
    }

    private static async Task AtAsync(FaultRun run, string point, bool back)
    {
        var guest = Moments.GuestNamed(run, Guest);
        await (await Moments.SourceAsync(run)).VirshAsync(["managedsave", guest.Uuid], run.Token);

        run.RequireExit(await run.SwapAsync(point), RunningProcess.KilledExitCode);
        run.FaultHappened();
        await run.ResumeAsync(back);

        var active = await run.Lab.GenerationAsync((await run.Lab.Hostctl.StatusAsync(run.Token)).Active.Number, run.Token);
        var images = ImagesOf(run.Lab, guest);
        run.Require(images is [var image] && image.StartsWith($"{run.Lab.Paths.GenerationStates}/{active.Number}/", StringComparison.Ordinal), $"its images are: {string.Join(", ", images)}");
        // The oracle asks whether its counter goes on, in its first boot.
        await active.VirshAsync(["start", guest.Uuid], run.Token);
        images = ImagesOf(run.Lab, guest);
        run.Require(images.Count == 0, $"images are left: {string.Join(", ", images)}");
    }

    /// <summary>Where a libvirt would find one.</summary>
    private static IReadOnlyList<string> ImagesOf(OuterHostLab lab, Guest guest) =>
    [
        .. Directory.EnumerateDirectories(lab.Paths.GenerationStates)
            .Select(generation => Path.Join(generation, "var-lib-libvirt/qemu/save", $"{guest.Name}.save"))
            .Where(File.Exists),
    ];
}
