using System.Security.Cryptography;
using System.Text;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Fleet;

/// <summary>What this server is called in its fleet.</summary>
internal static class FleetMember
{
    /// <summary>
    /// HostSwap's own application id. It never changes: from it and the machine id follows the name, from which the machine id
    /// does not follow; that one is confidential (machine-id(5)).
    /// </summary>
    private const string Application = "5a3c1f0e9b774d0c8e21c64b7df2a913";

    private const int Length = 16;

    /// <summary>The configured name, or the one that follows from the machine id, and differs for outer hosts that share a machine.</summary>
    /// <exception cref="EnvironmentException">There is no machine id to be read.</exception>
    public static string NameOf(HostSwapSettings settings)
    {
        if (settings.Fleet.Member is { } configured)
            return configured;
        var derived = Derive(ReadMachineId("/etc/machine-id"), Application);
        return settings.Paths.Instance is { Length: > 0 } instance ? $"{derived}-{instance}" : derived;
    }

    /// <summary>
    /// As sd_id128_get_machine_app_specific(3): the first half of the HMAC-SHA256 of the application's id, keyed with the
    /// machine's, marked as a random UUID.
    /// </summary>
    internal static string Derive(string machine, string application)
    {
        var id = HMACSHA256.HashData(Convert.FromHexString(machine), Convert.FromHexString(application))[..Length];
        id[6] = (byte)((id[6] & 0x0f) | 0x40);
        id[8] = (byte)((id[8] & 0x3f) | 0x80);
        return Convert.ToHexStringLower(id);
    }

    private static string ReadMachineId(string path)
    {
        const string Remedy = "Give this server a name by fleet.member in the configuration, or a machine id by systemd-machine-id-setup(1).";
        try
        {
            var text = File.ReadAllText(path, Encoding.ASCII).Trim();
            return text.Length == 2 * Length && text.All(char.IsAsciiHexDigit)
                ? text
                : throw new EnvironmentException($"{path} has no machine id", Remedy);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EnvironmentException($"{path} cannot be read: {exception.Message}", Remedy, exception);
        }
    }
}
