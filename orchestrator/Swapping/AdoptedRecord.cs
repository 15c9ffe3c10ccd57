using System.Globalization;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Writes down all XML of the outer host's own libvirt before anything of it is carried: a way back for a person who has nothing
/// but libvirt. Files are named by UUID, since names may be any text; root alone may read them, as there can be passwords in them.
/// </summary>
internal static class AdoptedRecord
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes it; returns where.</summary>
    /// <exception cref="EnvironmentException">It cannot be written; nothing was changed.</exception>
    public static Task<string> WriteAsync(SwapSession session, CancellationToken cancellationToken)
    {
        var directory = Path.Join(session.Settings.Paths.Adopted, session.Time.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture));
        return session.Log.DoAsync("record", directory, async () =>
        {
            try
            {
                return await WriteAsync(session.Source.Libvirt, directory, cancellationToken);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new EnvironmentException($"what is adopted cannot be written down: {exception.Message}", $"Free space, and see that root may write below {directory}.", exception);
            }
        });
    }

    private static async Task<string> WriteAsync(ILibvirtHost host, string directory, CancellationToken cancellationToken)
    {
        var domains = await host.Domains.ListVmsAsync(cancellationToken);
        foreach (var domain in domains)
        {
            if (domain.Persistent)
                Write(directory, "domains", $"{domain.Uuid}.xml", await host.Domains.GetXmlAsync(domain.Uuid, DomainXml.Inactive, cancellationToken));
            if (domain.IsActive)
                Write(directory, "domains", $"{domain.Uuid}.live.xml", await host.Domains.GetXmlAsync(domain.Uuid, DomainXml.Live, cancellationToken));
        }

        foreach (var (kind, objects) in new[] { ("networks", host.Networks), ("pools", host.StoragePools), ("nwfilters", host.NetworkFilters) })
        {
            foreach (var item in await objects.ListAsync(cancellationToken))
                Write(directory, kind, $"{item.Uuid}.xml", await objects.GetXmlAsync(item.Name, cancellationToken));
        }

        foreach (var secret in await host.Secrets.ListAsync(cancellationToken))
            Write(directory, "secrets", $"{secret}.xml", await host.Secrets.GetXmlAsync(secret, cancellationToken));
        return $"{domains.Count} VM(s), with networks, pools, filters and secrets (without their values)";
    }

    private static void Write(string directory, string kind, string name, string xml)
    {
        var folder = Path.Join(directory, kind);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var file = new FileStream(Path.Join(folder, name), new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = Private });
        file.Write(System.Text.Encoding.UTF8.GetBytes(xml));
        file.Flush(flushToDisk: true);
    }
}
