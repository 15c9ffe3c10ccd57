using System.Net;
using System.Net.Sockets;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Displays;

/// <summary>
/// One address of the outer host behind which one VM's screen is, wherever the VM runs: each connection is led to where it is
/// at that moment. A move ends the connections to its old QEMU, as it does on any libvirt host, and viewers connect anew.
/// </summary>
public sealed class DisplayRelay : IDisposable
{
    private const int Backlog = 16;

    private readonly Socket _listener;
    private readonly Func<CancellationToken, Task<Socket>> _connect;
    private readonly Action<string> _refused;

    /// <summary>Begins to listen.</summary>
    /// <param name="address">Where; port 0 lets the kernel choose.</param>
    /// <param name="connect">Connects to the screen as it is now.</param>
    /// <param name="refused">Is told why a connection came to nothing.</param>
    /// <exception cref="EnvironmentException">Nobody can listen there.</exception>
    public DisplayRelay(IPEndPoint address, Func<CancellationToken, Task<Socket>> connect, Action<string> refused)
    {
        (_connect, _refused) = (connect, refused);
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _listener.Bind(address);
            _listener.Listen(Backlog);
        }
        catch (SocketException exception)
        {
            _listener.Dispose();
            throw new EnvironmentException($"cannot listen at {address}: {exception.Message}", "Choose an address of this machine and a port that is free.", exception);
        }
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Serves until cancelled, and ends when the last connection has ended; a defect in one of them ends all.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task> served = [];
        try
        {
            while (true)
            {
                var viewer = await _listener.AcceptAsync(end.Token);
                served.RemoveAll(static task => task.IsCompletedSuccessfully);
                served.Add(ServeAsync(viewer, end));
            }
        }
        finally
        {
            await Task.WhenAll(served);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync(Socket viewer, CancellationTokenSource end)
    {
        using (viewer)
        {
            try
            {
                using var screen = await _connect(end.Token);
                await RelayAsync(viewer, screen, end.Token);
            }
            catch (HostSwapException exception)
            {
                _refused(exception.Message);
            }
            catch (Exception exception) when (exception is IOException or SocketException)
            {
                // One of the two has gone, and with it what there was to relay.
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                // Everything ends; so does this.
            }
            catch
            {
                await end.CancelAsync();
                throw;
            }
        }
    }

    /// <summary>Both directions, until either side has closed: a screen of which half is gone is of no use.</summary>
    private static async Task RelayAsync(Socket viewer, Socket screen, CancellationToken cancellationToken)
    {
        viewer.NoDelay = true;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var outside = new NetworkStream(viewer);
        await using var inside = new NetworkStream(screen);
        Task[] directions = [outside.CopyToAsync(inside, end.Token), inside.CopyToAsync(outside, end.Token)];
        await Task.WhenAny(directions);
        await end.CancelAsync();
        // That one of them has broken, and how, tells nothing that its end does not: viewers and QEMUs come and go.
        await Task.WhenAll(directions).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
