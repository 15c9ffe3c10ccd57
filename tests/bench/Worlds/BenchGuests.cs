using System.Globalization;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;

namespace HostSwap.Bench.Worlds;

/// <summary>
/// The guests of the bench: their RAM is in the memory mount, as handover needs it, and full of pages of which no two are
/// alike; they have a writable disk, whose lock is a handover's fence. Every method moves these same guests.
/// </summary>
internal static class BenchGuests
{
    /// <summary>What the dirtying guest may rewrite a second: well above what one stream carries on any machine that emulates its CPUs.</summary>
    public const int DirtyMiBPerSecond = 2048;

    /// <summary>
    /// A tick now and then is enough where pings measure the blackout: an emulated CPU writes its console letter by letter, each
    /// with an interrupt, so sixteen guests that tick ten times a second are not idle; they take one of two cores.
    /// </summary>
    private const int TickMs = 1000;

    /// <summary>A guest that is idle once its memory is full, but for checking a little of it each second.</summary>
    public static GuestSpec Idle(string name, int mebibytes) =>
        Plain(name, mebibytes) with { FillMiB = Filled(mebibytes), CheckedMiBPerSecond = 1 };

    /// <summary>A guest that rewrites all of its memory, again and again, and checks what it has written.</summary>
    public static GuestSpec Dirtying(string name, int mebibytes) =>
        Plain(name, mebibytes) with { Dirty = new DirtyLoad(Filled(mebibytes), DirtyMiBPerSecond) };

    /// <summary>Waits until a guest's RAM is full: from outside, since what it says would be one more thing on its console.</summary>
    public static async Task WaitUntilFilledAsync(OuterHostLab lab, Guest guest, CancellationToken cancellationToken)
    {
        var wanted = Filled(guest.Spec.MemoryMiB);
        var limit = TimeSpan.FromSeconds(120 + (guest.Spec.MemoryMiB / 1024 * 30));
        long seen = 0, before = -1;
        await Poll.UntilAsync(
            $"{guest.Name} to fill {wanted} MiB of its RAM",
            limit,
            async token =>
            {
                (before, seen) = (seen, await UsedMiBAsync(lab, guest, token));
                // Huge pages are counted whole when their first byte is touched, so it must have come to rest as well.
                if (seen >= wanted && seen == before) return true;
                await Task.Delay(1000, token);
                return false;
            },
            () => $"{seen} MiB",
            cancellationToken);
    }

    private static GuestSpec Plain(string name, int mebibytes) => new(name) { MemoryMiB = mebibytes, TickMs = TickMs, Prepared = true, Disk = DiskFormat.Qcow2 };

    /// <summary>
    /// All but what its kernel, the kernel's own tables of pages, its bounce buffers (64 MiB where RAM lies above 4 GiB) and its
    /// few programs need; with less left the kernel kills the load.
    /// </summary>
    private static int Filled(int mebibytes) => mebibytes - 128 - (mebibytes / 16);

    private static async Task<long> UsedMiBAsync(OuterHostLab lab, Guest guest, CancellationToken cancellationToken)
    {
        var directories = Directory.EnumerateDirectories(lab.Paths.Memory, $"*-{guest.Name}", SearchOption.AllDirectories).ToList();
        if (directories.Count == 0) return 0;
        var usage = await Command.RunAsync("du", ["--summarize", "--total", "--block-size=1M", .. directories], cancellationToken);
        var total = DockerCli.Lines(usage.Succeeded().Output)[^1];
        return long.Parse(total.Split('\t')[0], CultureInfo.InvariantCulture);
    }
}
