using System.Globalization;
using System.Net.Sockets;
using System.Xml;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Displays;

/// <summary>Connects to the screen of a VM, in whichever generation it is.</summary>
internal sealed class DisplayFinder(OuterHostParts parts)
{
    /// <summary>What listens inside of this machine answers at once.</summary>
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);

    /// <summary>Connects.</summary>
    /// <param name="generation">Number of the generation in which the VM was seen.</param>
    /// <param name="uuid">The VM.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="EnvironmentException">The VM has no screen there, or it does not answer.</exception>
    /// <exception cref="UsageException">The generation is gone.</exception>
    public async Task<Socket> ConnectAsync(int generation, Guid uuid, CancellationToken cancellationToken)
    {
        var holder = parts.Generations.Numbered(generation);
        var initPid = await parts.Generations.InitPidAsync(holder, cancellationToken);
        await using var libvirt = parts.Connector.ConnectLibvirt(holder);
        var display = Read(await libvirt.Domains.GetXmlAsync(uuid, DomainXml.Live, cancellationToken), holder.Name);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ConnectLimit);
        try
        {
            return display.Address is { } address
                ? await NetworkNamespace.ConnectAsync(initPid, address, limit.Token)
                : await NetworkNamespace.ConnectAsync(initPid, display.Socket!, limit.Token);
        }
        catch (Exception exception) when (exception is IOException or SocketException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            var place = display.Address?.ToString() ?? display.Socket;
            throw new EnvironmentException(
                string.Create(CultureInfo.InvariantCulture, $"its {display.Protocol} display at {place} in {holder.Name} does not answer: {exception.Message}"),
                "Look at the VM with 'hostctl verify'.",
                exception);
        }
    }

    private static DisplayDefinition Read(string xml, string place)
    {
        try
        {
            return DisplayDefinition.Read(xml) ?? throw new EnvironmentException(
                $"it has no display in {place} that anybody could connect to",
                "Give it one: <graphics type='vnc' autoport='yes'/>, at its next cold start.");
        }
        catch (XmlException exception)
        {
            throw new EnvironmentException($"its definition in {place} cannot be read: {exception.Message}", "Correct it with 'virsh edit'.", exception);
        }
    }
}
