using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Etcdserverpb;
using Google.Protobuf;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using Mvccpb;

namespace HostSwap.Orchestrator.Fleet;

/// <summary>
/// Slots in etcd: a key for each member that has one, <c>/hostswap/fleet/1/GROUP/MEMBER</c>, under a lease that ends by itself
/// where its holder is not heard of any more. A key is put in one transaction, which fails where any key of the group has been
/// put since they were counted; so two that count at the same time cannot both be the last.
/// </summary>
internal sealed class EtcdFleetLock(FleetSettings settings, Func<string> member, TimeProvider time) : IFleetLock
{
    /// <summary>How often it is counted anew where others were faster: each time one of them has a slot, or has given one back.</summary>
    private const int Attempts = 20;

    private string Prefix => $"/hostswap/fleet/1/{settings.Group}/";

    /// <inheritdoc/>
    public async Task<IFleetSlot> AcquireAsync(CancellationToken cancellationToken)
    {
        var name = member();
        var connection = new EtcdConnection(settings, time);
        try
        {
            return await FleetWait.RunAsync(settings.Wait, time, () => TryAcquireAsync(connection, name, cancellationToken), cancellationToken);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<FleetStatus> GetStatusAsync(CancellationToken cancellationToken)
    {
        using var connection = new EtcdConnection(settings, time);
        var keys = await ReadAsync(connection, cancellationToken);
        return new FleetStatus(FleetService.Etcd, settings.Group, settings.Limit, member(), [.. keys.Kvs.Select(Holder).OrderBy(static holder => holder.Since)]);
    }

    private async Task<IFleetSlot> TryAcquireAsync(EtcdConnection connection, string name, CancellationToken cancellationToken)
    {
        var seen = await CountAsync(connection, name, cancellationToken);
        // Before the question: from no later moment can it be proved for how long the lease is kept.
        var asked = time.GetTimestamp();
        var lease = await connection.GrantAsync(settings.TimeToLive, cancellationToken);
        try
        {
            for (var attempt = 1; attempt <= Attempts; attempt++)
            {
                if (attempt > 1)
                    seen = await CountAsync(connection, name, cancellationToken);
                if ((await connection.TransactAsync(Take(seen, name, lease.ID), cancellationToken)).Succeeded)
                    return new EtcdSlot(connection, lease.ID, asked, TimeSpan.FromSeconds(lease.TTL), $"slot of {name} in group {settings.Group} at etcd", time);
            }

            throw new FleetBusyException($"group {settings.Group}: slots come and go so fast that none could be taken in {Attempts} attempts");
        }
        catch
        {
            await GiveBackAsync(connection, lease.ID);
            throw;
        }
    }

    /// <summary>The keys of the group, where this member may have one.</summary>
    /// <exception cref="FleetBusyException">It may not: as many others as may be have one.</exception>
    private async Task<RangeResponse> CountAsync(EtcdConnection connection, string name, CancellationToken cancellationToken)
    {
        var seen = await ReadAsync(connection, cancellationToken);
        var others = seen.Kvs.Select(Holder).Where(holder => !string.Equals(holder.Member, name, StringComparison.Ordinal)).ToList();
        return others.Count < settings.Limit ? seen : throw new FleetBusyException(string.Create(
            CultureInfo.InvariantCulture,
            $"group {settings.Group}: {others.Count} of at most {settings.Limit} at once {(others.Count == 1 ? "is" : "are")} being swapped: {string.Join(", ", others.Select(InWords))}"));
    }

    /// <summary>Linearizable: etcd answers only where most of the cluster agrees.</summary>
    private Task<RangeResponse> ReadAsync(EtcdConnection connection, CancellationToken cancellationToken) => connection.RangeAsync(
        new RangeRequest { Key = ByteString.CopyFromUtf8(Prefix), RangeEnd = End }, cancellationToken);

    /// <summary>The first key that is none of the group's: '0' follows '/'.</summary>
    private ByteString End => ByteString.CopyFromUtf8(Prefix[..^1] + '0');

    private TxnRequest Take(RangeResponse seen, string name, long lease)
    {
        var key = ByteString.CopyFromUtf8(Prefix + name);
        var own = seen.Kvs.FirstOrDefault(pair => pair.Key.Equals(key));
        var request = new TxnRequest();
        // Nobody has put a key of the group since: for each of them, and for none at all, this holds.
        request.Compare.Add(new Compare
        {
            Key = ByteString.CopyFromUtf8(Prefix),
            RangeEnd = End,
            Target = Compare.Types.CompareTarget.Mod,
            Result = Compare.Types.CompareResult.Less,
            ModRevision = seen.Header.Revision + 1,
        });
        // Its own, which an earlier process of this member has left, is taken over; else there is none.
        request.Compare.Add(own is null
            ? new Compare { Key = key, Target = Compare.Types.CompareTarget.Create, Result = Compare.Types.CompareResult.Equal, CreateRevision = 0 }
            : new Compare { Key = key, Target = Compare.Types.CompareTarget.Mod, Result = Compare.Types.CompareResult.Equal, ModRevision = own.ModRevision });
        var value = JsonSerializer.SerializeToUtf8Bytes(new EtcdSlotValue(Environment.MachineName, time.GetUtcNow()), EtcdSlotJson.Default.EtcdSlotValue);
        request.Success.Add(new RequestOp { RequestPut = new PutRequest { Key = key, Value = ByteString.CopyFrom(value), Lease = lease } });
        return request;
    }

    private FleetHolder Holder(KeyValue pair)
    {
        var name = pair.Key.ToStringUtf8()[Prefix.Length..];
        try
        {
            var value = JsonSerializer.Deserialize(pair.Value.Span, EtcdSlotJson.Default.EtcdSlotValue);
            return new FleetHolder(name, value?.Host ?? "", value?.Since);
        }
        catch (JsonException)
        {
            // Whatever its value: where there is a key, there is a holder.
            return new FleetHolder(name, "", Since: null);
        }
    }

    private static string InWords(FleetHolder holder) => string.Create(
        CultureInfo.InvariantCulture, $"{(holder.Host.Length > 0 ? holder.Host : holder.Member)}{(holder.Since is { } since ? $" since {since:yyyy-MM-dd HH:mm} UTC" : "")}");

    /// <summary>A lease that cannot be ended now ends by itself, and what failed before is what is told.</summary>
    private static async Task GiveBackAsync(EtcdConnection connection, long lease)
    {
        try
        {
            await connection.RevokeAsync(lease, CancellationToken.None);
        }
        catch (EnvironmentException)
        {
            // See above.
        }
    }
}

/// <summary>The value of a slot's key.</summary>
/// <param name="Host">The machine's name.</param>
/// <param name="Since">When the slot was taken.</param>
internal sealed record EtcdSlotValue(string? Host, DateTimeOffset? Since);

/// <summary>JSON of <see cref="EtcdSlotValue"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(EtcdSlotValue))]
internal sealed partial class EtcdSlotJson : JsonSerializerContext;
