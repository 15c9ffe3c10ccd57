using System.Text;
using System.Text.Json;
using HostSwap.Lab.Hosts;

namespace HostSwap.Lab.Guests;

/// <summary>
/// Lets a guest with an agent act of its own will, by its kernel's sysrq-trigger (proc(5)): while it migrates, libvirt
/// lets nobody shut it down or reset it from outside.
/// </summary>
public static class SysRq
{
    /// <summary>Reboots at once.</summary>
    public const char Reboot = 'b';

    /// <summary>Powers off.</summary>
    public const char PowerOff = 'o';

    /// <summary>Prepares it; what is returned makes it happen, wherever the migration is by then.</summary>
    public static async Task<Func<Task>> PrepareAsync(Generation generation, Guest guest, char action, CancellationToken cancellationToken)
    {
        await GuestAgent.AwaitAsync(generation, guest, cancellationToken);
        var opened = await AskAsync(generation, guest, """{"execute":"guest-file-open","arguments":{"path":"/proc/sysrq-trigger","mode":"w"}}""", cancellationToken);
        using var document = JsonDocument.Parse(opened);
        var handle = document.RootElement.GetProperty("return").GetInt64();
        // It stays in the agent's buffer until that is flushed.
        var text = Convert.ToBase64String(Encoding.ASCII.GetBytes([action]));
        await AskAsync(generation, guest, $$$"""{"execute":"guest-file-write","arguments":{"handle":{{{handle}}},"buf-b64":"{{{text}}}"}}""", cancellationToken);
        // No answer comes from a kernel that is told to end.
        return () => generation.TryAsync(
            ["virsh", "qemu-agent-command", "--timeout", "1", guest.Uuid, $$$"""{"execute":"guest-file-flush","arguments":{"handle":{{{handle}}}}}"""], cancellationToken);
    }

    private static Task<string> AskAsync(Generation generation, Guest guest, string command, CancellationToken cancellationToken) =>
        generation.VirshAsync(["qemu-agent-command", guest.Uuid, command], cancellationToken);
}
