using System.Net;
using System.Net.Sockets;
using HostSwap.Lab;
using HostSwap.Lab.Processes;

namespace HostSwap.IntegrationTests.Support;

/// <summary>A real etcd, of Debian's package, with a directory of its own.</summary>
internal sealed class EtcdServer : IAsyncDisposable
{
    private readonly RunningProcess _process;
    private readonly string _directory;

    private EtcdServer(RunningProcess process, string directory, Uri endpoint)
    {
        _process = process;
        _directory = directory;
        Endpoint = endpoint;
    }

    /// <summary>Where clients reach it.</summary>
    public Uri Endpoint { get; }

    /// <summary>Starts one and waits until it answers.</summary>
    /// <param name="arguments">What it is told besides; with a certificate its endpoint is https.</param>
    public static async Task<EtcdServer> StartAsync(CancellationToken token, params string[] arguments)
    {
        var program = await DebianTool.FindAsync("etcd-server", "usr/bin/etcd", token);
        var directory = Directory.CreateTempSubdirectory("hostswap-etcd-").FullName;
        // etcd takes no address with a slash at its end.
        var endpoint = new Uri($"{(arguments.Contains("--cert-file") ? "https" : "http")}://127.0.0.1:{FreePort()}");
        var peers = $"http://127.0.0.1:{FreePort()}";
        var metrics = new Uri($"http://127.0.0.1:{FreePort()}");
        var process = new RunningProcess(
            program,
            [
                "--data-dir", directory, "--listen-client-urls", endpoint.GetLeftPart(UriPartial.Authority), "--advertise-client-urls", endpoint.GetLeftPart(UriPartial.Authority),
                "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", $"default={peers}",
                "--listen-metrics-urls", metrics.GetLeftPart(UriPartial.Authority), "--unsafe-no-fsync", .. arguments,
            ],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["ETCD_UNSUPPORTED_ARCH"] = "arm64" });
        var server = new EtcdServer(process, directory, endpoint);
        try
        {
            using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
            await Poll.UntilAsync(
                "etcd",
                TimeSpan.FromSeconds(30),
                async _ =>
                {
                    if (process.HasExited)
                        throw new LabException((await process.WaitAsync(TimeSpan.FromSeconds(5), token)).Describe());
                    try
                    {
                        return (await client.GetStringAsync(new Uri(metrics, "/health"), token)).Contains("true", StringComparison.Ordinal);
                    }
                    catch (HttpRequestException)
                    {
                        return false; // Not yet.
                    }
                },
                static () => "it does not answer",
                token);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends it a signal.</summary>
    public void Send(Signal signal) => _process.Send(signal);

    /// <summary>Ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>A port that nobody has at the moment.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
