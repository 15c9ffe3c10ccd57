using System.Globalization;
using System.Text;
using Etcdserverpb;
using Grpc.Core;
using Grpc.Net.Client;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Fleet;

/// <summary>
/// Asks the members of an etcd cluster, one after the other until one answers, each question within its deadline. By the
/// generated clients of dotnet-etcd, whose own client retries by rules that cannot be told from outside.
/// </summary>
internal sealed class EtcdConnection : IDisposable
{
    private static readonly TimeSpan LeastPart = TimeSpan.FromSeconds(1);

    private readonly FleetSettings _settings;
    private readonly TimeProvider _time;
    private readonly GrpcChannel[] _channels;
    private volatile string? _token;
    private volatile int _first;

    /// <summary>Makes it. Nothing is connected to yet.</summary>
    /// <exception cref="EnvironmentException">A certificate or a key cannot be read.</exception>
    public EtcdConnection(FleetSettings settings, TimeProvider time)
    {
        _settings = settings;
        _time = time;
        _channels = [.. settings.Endpoints.Select(endpoint => GrpcChannel.ForAddress(
            endpoint, new GrpcChannelOptions { HttpHandler = FleetTls.MakeHandler(settings), DisposeHttpClient = true }))];
    }

    /// <summary>Reads keys, as the cluster agrees on them.</summary>
    public Task<RangeResponse> RangeAsync(RangeRequest request, CancellationToken cancellationToken) =>
        AskAsync("range", _settings.Deadline, (channel, options) => new KV.KVClient(channel).RangeAsync(request, options).ResponseAsync, cancellationToken);

    /// <summary>Changes keys in one transaction.</summary>
    public Task<TxnResponse> TransactAsync(TxnRequest request, CancellationToken cancellationToken) =>
        AskAsync("txn", _settings.Deadline, (channel, options) => new KV.KVClient(channel).TxnAsync(request, options).ResponseAsync, cancellationToken);

    /// <summary>Makes a lease.</summary>
    public Task<LeaseGrantResponse> GrantAsync(TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        var request = new LeaseGrantRequest { TTL = (long)Math.Ceiling(timeToLive.TotalSeconds) };
        return AskAsync("lease grant", _settings.Deadline, (channel, options) => new Lease.LeaseClient(channel).LeaseGrantAsync(request, options).ResponseAsync, cancellationToken);
    }

    /// <summary>Ends a lease, and with it its keys.</summary>
    public Task<LeaseRevokeResponse> RevokeAsync(long lease, CancellationToken cancellationToken)
    {
        var request = new LeaseRevokeRequest { ID = lease };
        return AskAsync("lease revoke", _settings.Deadline, (channel, options) => new Lease.LeaseClient(channel).LeaseRevokeAsync(request, options).ResponseAsync, cancellationToken);
    }

    /// <summary>Has a lease begin anew.</summary>
    /// <returns>For how long it is kept from when it was asked on, in seconds; none where there is no such lease any more.</returns>
    public Task<long> KeepAliveAsync(long lease, TimeSpan limit, CancellationToken cancellationToken) => AskAsync(
        "lease keep-alive",
        limit < _settings.Deadline ? limit : _settings.Deadline,
        async (channel, options) =>
        {
            using var call = new Lease.LeaseClient(channel).LeaseKeepAlive(options);
            await call.RequestStream.WriteAsync(new LeaseKeepAliveRequest { ID = lease }, options.CancellationToken);
            await call.RequestStream.CompleteAsync();
            return await call.ResponseStream.MoveNext(options.CancellationToken)
                ? call.ResponseStream.Current.TTL
                : throw new RpcException(new Status(StatusCode.Unavailable, "the stream ended without an answer"));
        },
        cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var channel in _channels)
            channel.Dispose();
    }

    /// <exception cref="EnvironmentException">None answers, or one says no.</exception>
    private async Task<T> AskAsync<T>(string what, TimeSpan limit, Func<GrpcChannel, CallOptions, Task<T>> ask, CancellationToken cancellationToken)
    {
        var faults = new StringBuilder();
        var part = limit / _channels.Length;
        if (part < LeastPart)
            part = LeastPart;
        // Beginning with the one that answered last.
        for (var (tried, index) = (0, _first); tried < _channels.Length; tried++, index = (index + 1) % _channels.Length)
        {
            try
            {
                var answer = await AskAsync(_channels[index], part, ask, cancellationToken);
                _first = index;
                return answer;
            }
            catch (RpcException) when (cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellationToken);
            }
            catch (RpcException exception) when (IsAway(exception.StatusCode))
            {
                faults.Append(CultureInfo.InvariantCulture, $"{(faults.Length > 0 ? "; " : "")}{_settings.Endpoints[index].Authority}: {Describe(exception, part)}");
            }
            catch (RpcException exception)
            {
                throw new EnvironmentException(
                    $"etcd at {_settings.Endpoints[index].Authority} refuses {what}: {Describe(exception, part)}",
                    "See that fleet.user may read and write keys below /hostswap/fleet/. Nothing is swapped without etcd's word.",
                    exception);
            }
        }

        throw new EnvironmentException(
            $"etcd cannot be asked ({what}): {faults}", "See that it runs and can be reached from here. Nothing is swapped without its word.");
    }

    private async Task<T> AskAsync<T>(GrpcChannel channel, TimeSpan limit, Func<GrpcChannel, CallOptions, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            if (_settings.User is null)
                return await ask(channel, new CallOptions(cancellationToken: either.Token));
            var known = _token;
            try
            {
                return await ask(channel, await AuthoriseAsync(known));
            }
            catch (RpcException exception) when (known is not null && exception.StatusCode is StatusCode.Unauthenticated)
            {
                // Tokens end: by default after five minutes without a question.
                return await ask(channel, await AuthoriseAsync(known: null));
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, ""));
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Cancelled && deadline.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, ""));
        }

        async Task<CallOptions> AuthoriseAsync(string? known)
        {
            _token = known ?? (await new Auth.AuthClient(channel).AuthenticateAsync(
                new AuthenticateRequest { Name = _settings.User, Password = SecretFile.ReadText(_settings.PasswordFile!) }, cancellationToken: either.Token)).Token;
            return new CallOptions(new Metadata { { "token", _token } }, cancellationToken: either.Token);
        }
    }

    /// <summary>Whether another member of the cluster may answer what this one did not.</summary>
    private static bool IsAway(StatusCode status) =>
        status is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Internal or StatusCode.Unknown or StatusCode.Cancelled;

    private static string Describe(RpcException exception, TimeSpan limit) => exception.StatusCode == StatusCode.DeadlineExceeded
        ? string.Create(CultureInfo.InvariantCulture, $"no answer within {limit.TotalSeconds:0.#} s")
        : exception.Status.Detail.Length > 0 ? exception.Status.Detail : exception.StatusCode.ToString();
}
