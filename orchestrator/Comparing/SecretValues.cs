using System.Security.Cryptography;
using System.Text;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Comparing;

/// <summary>The value of a secret, or why it is not known.</summary>
/// <param name="Bytes">The value; null where it has none, or none that can be read.</param>
/// <param name="WhyUnreadable">Why it cannot be read; null where it can, or there is none.</param>
internal sealed record SecretValue(byte[]? Bytes, string? WhyUnreadable)
{
    /// <summary>What the words of one begin with that cannot be read.</summary>
    public const string Unreadable = "a value that cannot be read: ";

    /// <summary>What can be told of it.</summary>
    public string InWords => WhyUnreadable is not null
        ? Unreadable + WhyUnreadable
        : Bytes is null ? "no value" : $"a value with the digest {Convert.ToHexStringLower(SHA256.HashData(Bytes))[..12]}";
}

/// <summary>Reads the values of a host's secrets.</summary>
internal static class SecretValues
{
    /// <summary>
    /// Reads one. libvirt tells nobody the value of a private secret, but keeps it as base64 in a file beside its definition,
    /// which only root can read (virSecretObjSaveData); an ephemeral one is in its memory alone.
    /// </summary>
    /// <param name="host">The host.</param>
    /// <param name="paths">The files of its generation.</param>
    /// <param name="uuid">The secret.</param>
    /// <param name="xml">Its definition.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<SecretValue> ReadAsync(
        ILibvirtHost host, GenerationPaths paths, Guid uuid, string xml, CancellationToken cancellationToken)
    {
        var definition = DomainXmlReader.Parse(xml);
        var (isPrivate, ephemeral) = (definition.Attribute("private")?.Value is "yes", definition.Attribute("ephemeral")?.Value is "yes");
        var file = Path.Join(paths.LibvirtConfiguration, "secrets", $"{uuid:D}.base64");
        if (isPrivate)
            return ephemeral ? new SecretValue(Bytes: null, "it is private, and libvirt keeps it in memory alone") : ReadFile(file);
        try
        {
            return new SecretValue(await host.Secrets.GetValueAsync(uuid, cancellationToken), WhyUnreadable: null);
        }
        catch (AdapterException exception)
        {
            // libvirt says by text alone that there is no value; of one that it keeps on disk the disk says so too.
            return !ephemeral && !File.Exists(file) ? new SecretValue(Bytes: null, WhyUnreadable: null) : new SecretValue(Bytes: null, exception.Message);
        }
    }

    private static SecretValue ReadFile(string file)
    {
        try
        {
            return new SecretValue(Convert.FromBase64String(File.ReadAllText(file, Encoding.ASCII).Trim()), WhyUnreadable: null);
        }
        catch (FileNotFoundException)
        {
            return new SecretValue(Bytes: null, WhyUnreadable: null);
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
        {
            return new SecretValue(Bytes: null, $"{file}: {exception.Message}");
        }
    }
}
