using HostSwap.Orchestrator.DBus;

namespace HostSwap.Orchestrator.Libvirt;

/// <summary>The secrets of one libvirt host.</summary>
internal sealed class LibvirtSecrets(LibvirtCalls calls) : ILibvirtSecrets
{
    private const string Interface = "org.libvirt.Secret";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Guid>> ListAsync(CancellationToken cancellationToken)
    {
        var paths = await calls.ListPathsAsync("ListSecrets", cancellationToken);
        return [.. paths.Select(LibvirtCalls.Uuid).Order()];
    }

    /// <inheritdoc/>
    public Task<string> GetXmlAsync(Guid uuid, CancellationToken cancellationToken) => calls.CallAsync(
        LibvirtPaths.OfSecret(uuid), Interface, "GetXMLDesc", static reply => reply.First.AsString(), cancellationToken, BusValue.UInt32(0));

    /// <inheritdoc/>
    public Task DefineAsync(string xml, CancellationToken cancellationToken) => calls.ConnectAsync(
        "SecretDefineXML", static reply => reply.First.AsString(), cancellationToken, BusValue.String(xml), BusValue.UInt32(0));

    /// <inheritdoc/>
    public Task<byte[]> GetValueAsync(Guid uuid, CancellationToken cancellationToken) => calls.CallAsync(
        LibvirtPaths.OfSecret(uuid), Interface, "GetValue", static reply => reply.First.ToBytes(), cancellationToken, BusValue.UInt32(0));

    /// <inheritdoc/>
    public Task SetValueAsync(Guid uuid, byte[] value, CancellationToken cancellationToken) => calls.CallAsync(
        LibvirtPaths.OfSecret(uuid), Interface, "SetValue", cancellationToken, BusValue.Bytes(value), BusValue.UInt32(0));

    /// <inheritdoc/>
    public Task UndefineAsync(Guid uuid, CancellationToken cancellationToken) =>
        calls.CallAsync(LibvirtPaths.OfSecret(uuid), Interface, "Undefine", cancellationToken);
}
