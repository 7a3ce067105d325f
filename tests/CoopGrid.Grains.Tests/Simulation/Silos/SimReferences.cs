using System.Collections.Immutable;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Streams;

namespace CoopGrid.Grains.Tests.Simulation;

/// <summary>A silo's reference to the class's grain.</summary>
internal sealed class SimClassReference(SimCluster cluster, SimSilo from) : IClassGrain
{
    public Task Found(ClassPolicy policy, string timeZone) => Call(async grain =>
    {
        await grain.Found(policy, timeZone);
        return true;
    });

    public ValueTask<ClassSignal> Exchange(GateReport report) => new(Call(grain => grain.Exchange(report).AsTask()));

    public ValueTask<ClassState?> GetState() => new(Call(grain => grain.GetState().AsTask()));

    public ValueTask<ImmutableArray<ClassEpochFigures>> GetEpochs() => new(Call(grain => grain.GetEpochs().AsTask()));

    public Task EpochBilled(long number) => Call(async grain =>
    {
        await grain.EpochBilled(number);
        return true;
    });

    public ValueTask<long> GetLateTotal(long number) => new(Call(grain => grain.GetLateTotal(number).AsTask()));

    public ValueTask<ClassPolicies?> GetPolicies() => new(Call(grain => grain.GetPolicies().AsTask()));

    public Task<bool> Adopt(PolicyVersion version) => Call(grain => grain.Adopt(version));

    public ValueTask<ImmutableArray<PolicyVersion>> GetHistory() => new(Call(grain => grain.GetHistory().AsTask()));

    private Task<T> Call<T>(Func<ClassGrain, Task<T>> call) => cluster.Call(from, SimCluster.IdOf(SimCluster.Class), grain => call((ClassGrain)grain));
}

/// <summary>The stream provider that ticks go to.</summary>
internal sealed class SimStreams(SimCluster cluster) : IKeyedServiceProvider
{
    private IStreamProvider? _provider;

    public object? GetService(Type serviceType) => throw new NotSupportedException();

    public object GetRequiredKeyedService(Type serviceType, object? serviceKey) => GetKeyedService(serviceType, serviceKey)!;

    public object? GetKeyedService(Type serviceType, object? serviceKey)
    {
        IAsyncStream<UsageTick> stream = Fake.Of<IAsyncStream<UsageTick>>((method, arguments) =>
        {
            if (method.Name != "OnNextAsync") throw new NotSupportedException(method.Name);
            cluster.Publish((UsageTick)arguments[0]!);
            return Task.CompletedTask;
        });
        return _provider ??= Fake.Of<IStreamProvider>(method => method.Name == "GetStream" ? stream : throw new NotSupportedException(method.Name));
    }
}
