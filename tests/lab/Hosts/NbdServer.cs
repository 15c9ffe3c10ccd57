namespace HostSwap.Lab.Hosts;

/// <summary>
/// An NBD server on a UNIX socket, in a container of its own that is no generation and outlives them. One whose owner was
/// killed is removed by the janitor.
/// </summary>
/// <param name="Container">Its container.</param>
/// <param name="Socket">Its socket, at the same path in every generation.</param>
public sealed record NbdServer(string Container, string Socket) : IAsyncDisposable
{
    /// <summary>Serves a raw image in a lab's shared directory.</summary>
    public static async Task<NbdServer> StartAsync(OuterHostLab lab, string image, string export, CancellationToken cancellationToken)
    {
        var socket = Path.Join(lab.GuestDirectory, $"{export}.sock");
        var container = await DockerCli.RunAsync(
            [
                "run", "--detach", "--label", $"{LabJanitor.OwnerLabel}={LabJanitor.OwnerLabelValue}", "--network", "none",
                "--volume", $"{lab.GuestDirectory}:{lab.GuestDirectory}", "--entrypoint", "qemu-nbd", Repository.Bookworm,
                // A migration has two clients: the old QEMU and the new one.
                "--persistent", "--shared", "8", "--format", "raw", "--export-name", export, "--socket", socket, image,
            ],
            cancellationToken);
        var server = new NbdServer(container, socket);
        try
        {
            await Poll.UntilAsync(socket, TimeSpan.FromSeconds(10), _ => Task.FromResult(File.Exists(socket)), () => "it is not there", cancellationToken);
            File.SetUnixFileMode(socket, (UnixFileMode)0b110_110_110);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await DockerCli.RunAsync(["rm", "--force", "--volumes", Container], CancellationToken.None);
}
