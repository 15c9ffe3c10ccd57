using HostSwap.Lab.Processes;

namespace HostSwap.Lab.Guests;

/// <summary>
/// Finds out how guests run on this machine. That <c>/dev/kvm</c> exists proves nothing: the tiny guest itself is
/// booted under it, and must tick. The answer is kept until the machine boots again.
/// </summary>
public static class Accelerator
{
    /// <summary>Domain type of hardware virtualization.</summary>
    public const string Kvm = "kvm";

    /// <summary>Domain type of plain emulation.</summary>
    public const string Emulation = "qemu";

    private static readonly TimeSpan BootLimit = TimeSpan.FromSeconds(10);

    /// <summary>The libvirt domain type to use; <c>HOSTSWAP_LAB_ACCELERATOR</c> overrides the probe.</summary>
    public static async Task<string> ProbeAsync(CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable("HOSTSWAP_LAB_ACCELERATOR") is { Length: > 0 } chosen) return chosen;
        if (!File.Exists("/dev/kvm")) return Emulation;
        var kept = $"/var/tmp/hostswap-accelerator-{ProcessIdentity.Current.BootId}";
        if (File.Exists(kept) && (await File.ReadAllTextAsync(kept, cancellationToken)).Trim() is (Kvm or Emulation) and var known) return known;
        var answer = await TicksUnderKvmAsync(cancellationToken) ? Kvm : Emulation;
        var written = $"{kept}.{ProcessIdentity.Current.Pid}";
        await File.WriteAllTextAsync(written, answer, cancellationToken);
        File.Move(written, kept, overwrite: true);
        return answer;
    }

    private static async Task<bool> TicksUnderKvmAsync(CancellationToken cancellationToken)
    {
        var name = $"hostswap-probe-{Guid.NewGuid():N}";
        await using var probe = new RunningProcess("docker", Arguments(name));
        try
        {
            await probe.WaitForLineAsync("a tick", static line => line.Contains("tick 3 ", StringComparison.Ordinal), BootLimit, cancellationToken);
            return true;
        }
        catch (LabException)
        {
            // No tick in time, or QEMU refused: both mean that ordinary guests do not run under it here.
            return false;
        }
        finally
        {
            await DockerCli.TryAsync(["rm", "--force", name], CancellationToken.None);
        }
    }

    private static IReadOnlyList<string> Arguments(string name) =>
    [
        "run", "--rm", "--name", name, "--network", "none", "--device", "/dev/kvm",
        "--volume", $"{Repository.Guest}:/guest:ro", "--entrypoint", "qemu-system-x86_64", Repository.Bookworm,
        "-accel", Kvm, "-machine", "pc-q35-7.2", "-cpu", "Nehalem", "-m", "256", "-nodefaults", "-nographic", "-no-reboot",
        "-serial", "stdio", "-kernel", "/guest/vmlinuz", "-initrd", "/guest/initramfs.img",
        "-append", "console=ttyS0 quiet no_timer_check hs.name=probe",
    ];
}
